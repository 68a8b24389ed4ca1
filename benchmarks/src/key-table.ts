import { createAesCrypterer, createAesKeyService, generateKey } from '@sqlcrypter/aes';
import { createEnvelopeCrypterer } from '@sqlcrypter/awskms/envelope';
import { decryptMany, encryptMany } from '@sqlcrypter/core';
import { createKeyTable, keyTableSql } from '@sqlcrypter/key-table';
import sqlite from 'node-sqlite3-wasm';
import type { Figure } from './figure.js';
import { interleave, median, ratio } from './interleave.js';

const PLAINTEXT = Buffer.alloc(100, 1);
const VALUES = 10_000;
const SCOPES = 100;

/** What a key of the key table costs beside a local key, and what it takes until 100 of them are loaded. */
export async function measureKeyTable(rounds: number): Promise<Figure[]> {
  const database = new sqlite.Database(':memory:');
  for (const statement of keyTableSql('sqlite')) database.exec(statement);
  const options = { store: createKeyTable({ sqlite: database }) };
  const key = generateKey();
  const local = createAesCrypterer({ key: generateKey() });
  const stored = await createEnvelopeCrypterer(createAesKeyService({ key }), options);
  const [localValue, storedValue] = [local.encryptSync(PLAINTEXT), stored.encryptSync(PLAINTEXT)];
  const batch = Array.from({ length: 1_000 }, () => ({ plaintext: PLAINTEXT }));
  const times = await interleave(
    {
      localDecrypt: { sync: () => local.decryptSync(localValue) },
      storedDecrypt: { sync: () => stored.decryptSync(storedValue) },
      localEncrypt: { sync: () => local.encryptSync(PLAINTEXT) },
      storedEncrypt: { sync: () => stored.encryptSync(PLAINTEXT) },
      localBatch: { async: () => encryptMany(batch, { crypterer: local }) },
      storedBatch: { async: () => encryptMany(batch, { crypterer: stored }) },
    },
    rounds,
  );

  const items: { ciphertext: Buffer }[] = [];
  for (let scope = 0; scope < SCOPES; scope++) {
    const some = batch.slice(0, VALUES / SCOPES);
    for (const ciphertext of await encryptMany(some, { crypterer: stored, scope: `tenant-${scope}` })) {
      items.push({ ciphertext });
    }
  }
  const cold: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const reader = await createEnvelopeCrypterer(createAesKeyService({ key }), { ...options, generate: 'never' });
    const start = performance.now();
    await decryptMany(items, { crypterer: reader });
    cold.push(performance.now() - start);
    await reader.close();
  }
  await stored.close();
  database.close();
  const beside = 'as a multiple of a local key';
  return [
    { name: `decrypt, ${beside}`, value: ratio(times.storedDecrypt, times.localDecrypt), unit: 'x', atMost: 1.1 },
    { name: `encrypt, ${beside}`, value: ratio(times.storedEncrypt, times.localEncrypt), unit: 'x' },
    { name: `encryptMany of 1,000 values, ${beside}`, value: ratio(times.storedBatch, times.localBatch), unit: 'x' },
    { name: `${VALUES} values under ${SCOPES} data keys, none of them loaded`, value: median(cold), unit: 'ms' },
  ];
}
