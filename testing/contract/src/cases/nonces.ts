import type { Crypterer } from '@sqlcrypter/core';
import { isSyncCrypterer } from '@sqlcrypter/core/provider';
import { expect } from 'vitest';
import type { ContractGroup } from '../contract-case.js';
import { nonceOf } from '../frame-layout.js';

const VALUE = Buffer.from('x');

async function nonces(crypterer: Crypterer, count: number): Promise<string[]> {
  if (isSyncCrypterer(crypterer)) {
    return Array.from({ length: count }, () => nonceOf(crypterer.encryptSync(VALUE)));
  }
  return Promise.all(Array.from({ length: count }, async () => nonceOf(await crypterer.encrypt(VALUE))));
}

export const nonceCases: ContractGroup = {
  name: 'nonces',
  cases: [
    {
      name: 'does not repeat a nonce in 10,000 values',
      run: async ({ create }) => {
        expect(new Set(await nonces(await create(), 10_000)).size).toBe(10_000);
      },
    },
    {
      name: 'does not begin the same nonces anew after a restart or in a second process',
      run: async ({ create, reload }) => {
        const all = [...(await nonces(await create(), 200)), ...(await nonces(await create(), 200))];
        all.push(...(await nonces(await reload(), 200)));
        expect(new Set(all).size).toBe(600);
      },
    },
    {
      name: 'varies every byte of what it draws for each value',
      run: async ({ create }) => {
        const drawn = (await nonces(await create(), 256)).map((nonce) => nonce.slice(-12));
        for (let i = 0; i < 12; i++) expect(new Set(drawn.map((nonce) => nonce[i])).size).toBeGreaterThan(64);
      },
    },
  ],
};
