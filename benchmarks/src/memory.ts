import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createEnvelopeCrypterer } from '@sqlcrypter/awskms/envelope';
import type { Suite } from '@sqlcrypter/core';
import type { Figure } from './figure.js';
import { awsSizedKeyService } from './stub-key-service.js';

const KEYS = 10_000;
const PLAINTEXT = Buffer.alloc(100, 1);

/** Memory that a cached data key takes, measured in a process that only reads: freed memory would hide some of it. */
export async function measureMemory(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const suite of ['xaes-256-gcm', 'aes-256-gcm'] as const) {
    const reader = fileURLToPath(new URL('./memory-process.js', import.meta.url));
    const output = execFileSync(process.execPath, [reader], {
      input: (await valuesUnderOneKeyEach(suite)).map((value) => value.toString('base64')).join('\n'),
      encoding: 'utf8',
    });
    figures.push({ name: `memory per cached data key, ${suite}, over ${KEYS}`, value: Number(output), unit: 'bytes' });
  }
  return figures;
}

async function valuesUnderOneKeyEach(suite: Suite): Promise<Buffer[]> {
  const values: Buffer[] = [];
  for (let i = 0; i < KEYS; i++) {
    const writer = await createEnvelopeCrypterer(awsSizedKeyService(), { suite });
    values.push(writer.encryptSync(PLAINTEXT));
    await writer.close();
  }
  return values;
}
