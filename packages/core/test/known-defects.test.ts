import { getMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { decryptMany, encryptMany } from '../src/batch.js';
import { defineCrypterer } from '../src/define-crypterer.js';
import { codeOf } from './code-of.js';
import { createLoadingCrypterer, createSyncCrypterer } from './crypterers.js';

const BYTES = Buffer.from('bytes');

// Each of these says what should be, and does not hold yet. `it.fails` turns red when one is mended: then it becomes an
// ordinary test beside its kind.
describe('what does not hold yet', () => {
  it.fails('a batch collects an item without ciphertext, with a crypterer that loads keys as with any other', async () => {
    const crypterer = createLoadingCrypterer();
    const items = [{ ciphertext: await crypterer.encrypt(BYTES) }, { ciphertext: 'text' as never }];
    const results = await decryptMany(items, { crypterer, onError: 'collect' });
    expect(results[0]).toEqual(BYTES);
    expect(results[1]).toMatchObject({ code: 'TYPE', index: 1 });
  });

  it.fails('a batch to encrypt refuses a list with holes', async () => {
    const items = Array(2) as never;
    expect(await codeOf(() => encryptMany(items, { crypterer: createSyncCrypterer() }))).toBe('TYPE');
  });

  it.fails('a batch to decrypt refuses a list with holes, whose places have neither value nor error', async () => {
    const items = Array(2) as never;
    expect(await codeOf(() => decryptMany(items, { crypterer: createSyncCrypterer() }))).toBe('TYPE');
  });

  it.fails('a signal that fires while the ciphertexts are gathered ends the wait for their keys', async () => {
    const controller = new AbortController();
    const crypterer = defineCrypterer({
      scheme: 'hanging',
      encryptSync: (bytes) => bytes,
      decryptSync: (bytes) => bytes,
      loadKeys: () => new Promise<never>(() => undefined),
    });
    const ciphertexts = (function* () {
      yield BYTES;
      controller.abort();
    })();
    const call = codeOf(() => crypterer.loadKeys(ciphertexts, { signal: controller.signal }));
    const waiting = new Promise((resolve) => setTimeout(resolve, 100, 'still waiting'));
    expect(await Promise.race([call, waiting])).toBe('ABORTED');
  });

  // Newer versions of Node do not count the listeners of a signal.
  const listenersAreCounted = getMaxListeners(new AbortController().signal) > 0;
  const failsWhereCounted = listenersAreCounted ? it.fails : it;

  failsWhereCounted('one signal may be given to many calls at once without a warning from Node', async () => {
    const warnings: string[] = [];
    const listener = (warning: Error) => warnings.push(warning.name);
    process.on('warning', listener);
    const later = async (bytes: Buffer) => bytes;
    const crypterer = defineCrypterer({ scheme: 'later', encrypt: later, decrypt: later });
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 50 }, () => crypterer.encrypt(BYTES, { signal })));
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('warning', listener);
    expect(warnings).toEqual([]);
  });
});
