import { expect } from 'vitest';
import type { ContractGroup } from '../contract-case.js';
import { keyLoaderOf, syncSideOf } from '../harness.js';
import { expectBytes, expectRefusals, outcomeOf } from '../outcome.js';

const PLAINTEXT = Buffer.from('999-00-1337');

const FIRED: Readonly<Record<string, AbortSignal>> = {
  'a signal': AbortSignal.abort(),
  'a signal with a reason': AbortSignal.abort(new Error('the user went away')),
  'a signal with a timeout as its reason': AbortSignal.abort(new DOMException('too late', 'TimeoutError')),
};

export const aborting: ContractGroup = {
  name: 'aborting',
  cases: [
    {
      name: 'gives up a call whose signal has fired, also where the key is in memory',
      run: async ({ create }) => {
        const crypterer = await create();
        const ciphertext = await crypterer.encrypt(PLAINTEXT);
        await crypterer.decrypt(ciphertext);
        await expectRefusals(
          Object.entries(FIRED).flatMap(([what, signal]) => [
            { what: `encrypt, ${what}`, codes: ['ABORTED'], call: () => crypterer.encrypt(PLAINTEXT, { signal }) },
            { what: `decrypt, ${what}`, codes: ['ABORTED'], call: () => crypterer.decrypt(ciphertext, { signal }) },
          ]),
        );
      },
    },
    {
      name: 'gives up a call whose signal has fired, also without a Promise',
      needs: ['sync'],
      run: async ({ create }) => {
        const crypterer = syncSideOf(await create());
        const ciphertext = crypterer.encryptSync(PLAINTEXT);
        await expectRefusals(
          Object.entries(FIRED).flatMap(([what, signal]) => [
            { what: `encrypt, ${what}`, codes: ['ABORTED'], call: () => crypterer.encryptSync(PLAINTEXT, { signal }) },
            { what: `decrypt, ${what}`, codes: ['ABORTED'], call: () => crypterer.decryptSync(ciphertext, { signal }) },
          ]),
        );
      },
    },
    {
      name: 'gives up loading keys when the signal has fired',
      needs: ['keyLoader'],
      run: async ({ create }) => {
        const crypterer = keyLoaderOf(await create());
        const ciphertext = await crypterer.encrypt(PLAINTEXT);
        await expectRefusals(
          Object.entries(FIRED).map(([what, signal]) => ({
            what,
            codes: ['ABORTED'],
            call: () => crypterer.loadKeys([ciphertext], { signal, onError: 'collect' }),
          })),
        );
      },
    },
    {
      name: 'minds no signal that does not fire',
      run: async ({ create }) => {
        const crypterer = await create();
        const { signal } = new AbortController();
        const ciphertext = await crypterer.encrypt(PLAINTEXT, { signal });
        expectBytes(await crypterer.decrypt(ciphertext, { signal }), PLAINTEXT);
      },
    },
    {
      name: 'ends one caller’s wait without failing the others who wait for the same key',
      run: async ({ create, reload }) => {
        const ciphertext = await (await create()).encrypt(PLAINTEXT);
        const crypterer = await reload();
        const controller = new AbortController();
        const aborted = Array.from({ length: 8 }, () =>
          outcomeOf(() => crypterer.decrypt(ciphertext, { signal: controller.signal })),
        );
        const patient = Array.from({ length: 8 }, () => crypterer.decrypt(ciphertext));
        controller.abort();
        for (const outcome of await Promise.all(aborted)) {
          expect(['ABORTED', `no error but ${PLAINTEXT.length} bytes`]).toContain(outcome);
        }
        for (const plaintext of await Promise.all(patient)) expectBytes(plaintext, PLAINTEXT);
        expectBytes(await crypterer.decrypt(ciphertext), PLAINTEXT, 'a later call');
      },
    },
  ],
};
