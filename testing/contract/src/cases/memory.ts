import type { Crypterer } from '@sqlcrypter/core';
import { isSyncCrypterer } from '@sqlcrypter/core/provider';
import { expect } from 'vitest';
import type { ContractGroup } from '../contract-case.js';
import { expectBytes, outcomeOf } from '../outcome.js';
import { seededBytes } from '../seeded-random.js';

const PLAINTEXT = seededBytes('memory', 100);

/** Encrypting and decrypting in every way that the crypterer has. */
function ways(crypterer: Crypterer) {
  const ways = [
    {
      encrypt: (bytes: Uint8Array, options = {}) => crypterer.encrypt(bytes, options),
      decrypt: (bytes: Uint8Array, options = {}) => crypterer.decrypt(bytes, options),
    },
  ];
  if (!isSyncCrypterer(crypterer)) return ways;
  const sync = {
    encrypt: async (bytes: Uint8Array, options = {}) => crypterer.encryptSync(bytes, options),
    decrypt: async (bytes: Uint8Array, options = {}) => crypterer.decryptSync(bytes, options),
  };
  return [...ways, sync];
}

export const memory: ContractGroup = {
  name: 'memory',
  cases: [
    {
      name: 'changes none of its inputs',
      run: async ({ create }) => {
        for (const { encrypt, decrypt } of ways(await create())) {
          const plaintext = Buffer.from(PLAINTEXT);
          const context = { b: Buffer.from('bytes'), a: 'text' };
          const ciphertext = await encrypt(plaintext, { context });
          expectBytes(plaintext, PLAINTEXT, 'the plaintext after encrypt');
          const copy = Buffer.from(ciphertext);
          await decrypt(ciphertext, { context });
          expectBytes(ciphertext, copy, 'the ciphertext after decrypt');
          await outcomeOf(() => decrypt(ciphertext));
          expectBytes(ciphertext, copy, 'the ciphertext after decrypt failed');
          expect(context).toEqual({ b: Buffer.from('bytes'), a: 'text' });
        }
      },
    },
    {
      name: 'gives results that share no memory with the input',
      run: async ({ create }) => {
        for (const { encrypt, decrypt } of ways(await create())) {
          const plaintext = Buffer.from(PLAINTEXT);
          const ciphertext = await encrypt(plaintext);
          plaintext.fill(0);
          const decrypted = await decrypt(ciphertext);
          expectBytes(decrypted, PLAINTEXT, 'decrypted after the input of encrypt was wiped');
          ciphertext.fill(0);
          expectBytes(decrypted, PLAINTEXT, 'decrypted, then the ciphertext wiped');
        }
      },
    },
    {
      name: 'gives each result memory that no later call writes to',
      run: async ({ create }) => {
        for (const { encrypt, decrypt } of ways(await create())) {
          const ciphertext = await encrypt(PLAINTEXT);
          const other = await encrypt(seededBytes('another value', PLAINTEXT.length));
          expectBytes(await decrypt(ciphertext), PLAINTEXT, 'the first ciphertext after the second was made');
          const first = await decrypt(ciphertext);
          await decrypt(other);
          expectBytes(first, PLAINTEXT, 'the first plaintext after the second was made');
          first.fill(0);
          expectBytes(await decrypt(ciphertext), PLAINTEXT, 'decrypted again after a result was wiped');
        }
      },
    },
    {
      name: 'gives plaintext whose buffer shows nothing else',
      run: async ({ create }) => {
        for (const { encrypt, decrypt } of ways(await create())) {
          for (const length of [0, 1, 100, 5000]) {
            const decrypted = await decrypt(await encrypt(seededBytes('own memory', length)));
            expect(decrypted.buffer.byteLength).toBe(length);
          }
        }
      },
    },
    {
      name: 'gives Buffers, which every driver stores as bytes',
      run: async ({ create }) => {
        for (const { encrypt, decrypt } of ways(await create())) {
          const ciphertext = await encrypt(new Uint8Array(PLAINTEXT));
          expect(Buffer.isBuffer(ciphertext)).toBe(true);
          expect(Buffer.isBuffer(await decrypt(new Uint8Array(ciphertext)))).toBe(true);
        }
      },
    },
  ],
};
