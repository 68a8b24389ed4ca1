import { expect } from 'vitest';
import type { ContractGroup } from '../contract-case.js';
import type { ContractOptions } from '../contract-options.js';
import { type Harness, keyLoaderOf } from '../harness.js';
import { expectBytes, expectRefusals, outcomeOf } from '../outcome.js';

const PLAINTEXT = Buffer.from('999-00-1337');

/** A value, and a crypterer that could decrypt it but has its key not in memory. */
async function cold({ create, reload }: Harness) {
  const ciphertext = await (await create()).encrypt(PLAINTEXT);
  return { ciphertext, crypterer: keyLoaderOf(await reload()) };
}

/** A value of a key that the key service does not unwrap for this crypterer. */
async function foreignValue({ createOther }: Harness): Promise<Buffer> {
  return (await createOther()).encrypt(PLAINTEXT);
}

function forget(options: ContractOptions): NonNullable<ContractOptions['forgetKeys']> {
  return options.forgetKeys as NonNullable<ContractOptions['forgetKeys']>;
}

export const keyLoading: ContractGroup = {
  name: 'loading of keys',
  cases: [
    {
      name: 'says of a key that is not in memory that it must be loaded, and decrypts once it is',
      needs: ['sync', 'keyLoader'],
      run: async (harness) => {
        const { ciphertext, crypterer } = await cold(harness);
        expect(await outcomeOf(() => crypterer.decryptSync(ciphertext))).toBe('KEY_NOT_LOADED');
        const lease = await crypterer.loadKeys([ciphertext]);
        expectBytes(crypterer.decryptSync(ciphertext), PLAINTEXT);
        expect(lease.failures.size).toBe(0);
        lease.dispose();
      },
    },
    {
      name: 'loads a key by decrypting with a Promise',
      needs: ['sync', 'keyLoader'],
      run: async (harness) => {
        const { ciphertext, crypterer } = await cold(harness);
        await crypterer.decrypt(ciphertext);
        expectBytes(crypterer.decryptSync(ciphertext), PLAINTEXT);
      },
    },
    {
      name: 'takes any iterable of ciphertexts, with repetitions, or none at all',
      needs: ['sync', 'keyLoader'],
      run: async (harness) => {
        const { ciphertext, crypterer } = await cold(harness);
        (await crypterer.loadKeys([])).dispose();
        const repeated = function* () {
          for (let i = 0; i < 20; i++) yield new Uint8Array(ciphertext);
        };
        const lease = await crypterer.loadKeys(repeated());
        expectBytes(crypterer.decryptSync(ciphertext), PLAINTEXT);
        lease.dispose();
      },
    },
    {
      name: 'loads the keys of values that were encrypted by several processes',
      needs: ['sync', 'keyLoader'],
      run: async (harness) => {
        const writers = await Promise.all(Array.from({ length: 10 }, () => harness.create()));
        const ciphertexts = await Promise.all(writers.map((writer) => writer.encrypt(PLAINTEXT)));
        const crypterer = keyLoaderOf(await harness.reload());
        const lease = await crypterer.loadKeys(ciphertexts);
        for (const ciphertext of ciphertexts) expectBytes(crypterer.decryptSync(ciphertext), PLAINTEXT);
        lease.dispose();
      },
    },
    {
      name: 'holds the keys of a lease while caches forget them, and not longer',
      needs: ['sync', 'keyLoader', 'forgetKeys'],
      run: async (harness) => {
        const { ciphertext, crypterer } = await cold(harness);
        const lease = await crypterer.loadKeys([ciphertext]);
        const second = await crypterer.loadKeys([ciphertext]);
        forget(harness.options)(crypterer);
        expectBytes(crypterer.decryptSync(ciphertext), PLAINTEXT, 'under two leases');
        lease.dispose();
        lease.dispose();
        forget(harness.options)(crypterer);
        expectBytes(crypterer.decryptSync(ciphertext), PLAINTEXT, 'under the second lease');
        second[Symbol.dispose]();
        forget(harness.options)(crypterer);
        expect(await outcomeOf(() => crypterer.decryptSync(ciphertext))).toBe('KEY_NOT_LOADED');
      },
    },
    {
      name: 'rejects if one of the keys cannot be loaded',
      needs: ['sync', 'keyLoader'],
      run: async (harness) => {
        const { ciphertext, crypterer } = await cold(harness);
        const foreign = await foreignValue(harness);
        const alone = await outcomeOf(() => crypterer.loadKeys([foreign]));
        expect(alone).toMatch(/^K/);
        expect(await outcomeOf(() => crypterer.loadKeys([ciphertext, foreign]))).toBe(alone);
        await expectRefusals([
          {
            what: 'no frame',
            codes: ['FRAME_UNKNOWN'],
            call: () => crypterer.loadKeys([ciphertext, Buffer.from('text')]),
          },
        ]);
      },
    },
    {
      name: 'collects what fails by position, and loads the rest',
      needs: ['sync', 'keyLoader'],
      run: async (harness) => {
        const { ciphertext, crypterer } = await cold(harness);
        const foreign = await foreignValue(harness);
        const given = [Buffer.from('text'), ciphertext, foreign, ciphertext.subarray(0, 10), ciphertext];
        const lease = await crypterer.loadKeys(given, { onError: 'collect' });
        const codes = Array.from(lease.failures, ([index, { code }]) => [index, code] as const);
        const foreignCode = await outcomeOf(() => crypterer.decrypt(foreign));
        expect(new Map(codes)).toEqual(
          new Map([
            [0, 'FRAME_UNKNOWN'],
            [2, foreignCode],
            [3, 'FRAME_TRUNCATED'],
          ]),
        );
        expectBytes(crypterer.decryptSync(ciphertext), PLAINTEXT);
        lease.dispose();
      },
    },
    {
      name: 'asks the key service again after it failed',
      needs: ['keyLoader', 'interruptKeyService'],
      run: async (harness) => {
        const { ciphertext, crypterer } = await cold(harness);
        const interrupt = harness.options.interruptKeyService as NonNullable<ContractOptions['interruptKeyService']>;
        const restore = await interrupt();
        const codes = ['KMS_UNAVAILABLE', 'KMS_TIMEOUT', 'KMS_THROTTLED'];
        try {
          await expectRefusals([
            { what: 'decrypt', codes, call: () => crypterer.decrypt(ciphertext) },
            { what: 'loadKeys', codes, call: () => crypterer.loadKeys([ciphertext]) },
          ]);
        } finally {
          await restore();
        }
        expectBytes(await crypterer.decrypt(ciphertext), PLAINTEXT, 'once the key service is back');
      },
    },
  ],
};
