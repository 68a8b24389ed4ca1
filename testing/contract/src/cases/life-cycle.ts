import { randomUUID } from 'node:crypto';
import { type Crypterer, getCrypterer, register } from '@sqlcrypter/core';
import { isCloseable, isCrypterer, isKeyLoader, isSyncCrypterer } from '@sqlcrypter/core/provider';
import { expect } from 'vitest';
import type { ContractGroup } from '../contract-case.js';
import { expectBytes, expectRefusals, outcomeOf, type Refusal } from '../outcome.js';

const PLAINTEXT = Buffer.from('999-00-1337');

function everyCall(crypterer: Crypterer, ciphertext: Buffer): Omit<Refusal, 'codes'>[] {
  const calls = [
    { what: 'encrypt', call: () => crypterer.encrypt(PLAINTEXT) as unknown },
    { what: 'decrypt', call: () => crypterer.decrypt(ciphertext) as unknown },
  ];
  if (isSyncCrypterer(crypterer)) {
    calls.push({ what: 'encryptSync', call: () => crypterer.encryptSync(PLAINTEXT) });
    calls.push({ what: 'decryptSync', call: () => crypterer.decryptSync(ciphertext) });
  }
  if (isKeyLoader(crypterer)) {
    calls.push({ what: 'loadKeys', call: () => crypterer.loadKeys([ciphertext]) });
  }
  return calls;
}

export const lifeCycle: ContractGroup = {
  name: 'life cycle',
  cases: [
    {
      name: 'has the capabilities that were declared, and no others',
      run: async ({ create, options }) => {
        const crypterer = await create();
        const { sync = false, keyLoader = false, closeable = false } = options.capabilities;
        expect(isCrypterer(crypterer)).toBe(true);
        expect(crypterer.scheme).toMatch(/^\S+$/);
        const found = {
          sync: isSyncCrypterer(crypterer),
          keyLoader: isKeyLoader(crypterer),
          closeable: isCloseable(crypterer),
        };
        expect(found).toEqual({ sync, keyLoader, closeable });
      },
    },
    {
      name: 'refuses every call after it was closed',
      needs: ['closeable'],
      run: async ({ create }) => {
        const crypterer = await create();
        const ciphertext = await crypterer.encrypt(PLAINTEXT);
        const calls = everyCall(crypterer, ciphertext);
        if (!isCloseable(crypterer)) throw new Error('cannot be closed');
        expect(crypterer.closed).toBe(false);
        await crypterer.close();
        expect(crypterer.closed).toBe(true);
        await expectRefusals(calls.map((call) => ({ ...call, codes: ['DISPOSED'] })));
      },
    },
    {
      name: 'may be closed twice, and by `await using`',
      needs: ['closeable'],
      run: async ({ create }) => {
        const crypterer = await create();
        if (!isCloseable(crypterer)) throw new Error('cannot be closed');
        await Promise.all([crypterer.close(), crypterer.close()]);
        await crypterer[Symbol.asyncDispose]();
        expect(crypterer.closed).toBe(true);
      },
    },
    {
      name: 'settles the calls that are under way when it is closed',
      needs: ['closeable'],
      run: async ({ create, reload }) => {
        const ciphertext = await (await create()).encrypt(PLAINTEXT);
        const crypterer = await reload();
        if (!isCloseable(crypterer)) throw new Error('cannot be closed');
        const outcomes = Array.from({ length: 20 }, () => outcomeOf(() => crypterer.decrypt(ciphertext)));
        await crypterer.close();
        for (const outcome of await Promise.all(outcomes)) {
          expect(['DISPOSED', `no error but ${PLAINTEXT.length} bytes`]).toContain(outcome);
        }
      },
    },
    {
      name: 'is never taken for a crypterer under another key when it is registered',
      run: async ({ create, createOther }) => {
        const name = `contract ${randomUUID()}`;
        const [one, other] = [await create(), await createOther()];
        register(name, one);
        expect(await outcomeOf(() => register(name, other))).toBe('ALREADY_INITIALIZED');
        expect(getCrypterer(name)).toBe(one);
      },
    },
    {
      name: 'reads what a crypterer of equal configuration wrote, and the other way round',
      run: async ({ create }) => {
        const name = `contract ${randomUUID()}`;
        const [one, other] = [await create(), await create()];
        register(name, one);
        // One that cannot be compared is refused.
        if ((await outcomeOf(() => register(name, other))) === 'ALREADY_INITIALIZED') return;
        expect(getCrypterer(name)).toBe(one);
        expectBytes(await one.decrypt(await other.encrypt(PLAINTEXT)), PLAINTEXT);
        expectBytes(await other.decrypt(await one.encrypt(PLAINTEXT)), PLAINTEXT);
      },
    },
    {
      name: 'does not close others with itself',
      needs: ['closeable'],
      run: async ({ create }) => {
        const [one, other] = [await create(), await create()];
        const ciphertext = await one.encrypt(PLAINTEXT);
        if (!isCloseable(one)) throw new Error('cannot be closed');
        await one.close();
        expectBytes(await other.decrypt(ciphertext), PLAINTEXT);
      },
    },
  ],
};
