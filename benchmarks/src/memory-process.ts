import { readFileSync } from 'node:fs';
import { createEnvelopeCrypterer } from '@sqlcrypter/awskms/envelope';
import { collectGarbage } from './collect-garbage.js';
import { awsSizedKeyService } from './stub-key-service.js';

/** Reads values of many data keys, one base64 line each, and prints the memory that a cached key takes in bytes. */
const values = readFileSync(0, 'utf8')
  .split('\n')
  .map((line) => Buffer.from(line, 'base64'));
const options = { generate: 'never', dekCache: { maxSize: 1_000_000_000 } } as const;

/** What was compiled and allocated once is not a key's. */
const warmUp = await createEnvelopeCrypterer(awsSizedKeyService(), options);
for (const value of values.slice(0, 500)) await warmUp.decrypt(value);
await warmUp.close();

function residentBytes(): number {
  for (let i = 0; i < 4; i++) collectGarbage();
  return process.memoryUsage.rss();
}

const reader = await createEnvelopeCrypterer(awsSizedKeyService(), options);
const before = residentBytes();
for (const value of values) await reader.decrypt(value);
console.log(Math.round((residentBytes() - before) / reader.stats().cachedKeys));
