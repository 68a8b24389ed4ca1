import { describeCrypterer } from '@sqlcrypter/contract';
import type { Suite } from '@sqlcrypter/core';
import { DataKey, encodeFrameHeader } from '@sqlcrypter/core/provider';
import { type AesCryptererOptions, createAesCrypterer, generateKey } from '../src/index.js';
import { frameVectors } from './frame-vectors.js';

const key = generateKey();
const previousKey = generateKey();
const nextKey = generateKey();
const otherKey = generateKey();

const SUITES: readonly Suite[] = ['xaes-256-gcm', 'aes-256-gcm'];

const KEYS: Readonly<Record<string, Pick<AesCryptererOptions, 'key' | 'decryptKeys'>>> = {
  'one key': { key },
  'a key with an id of its own': { key: { id: 7, key } },
  'a previous key and the next one': { key, decryptKeys: [previousKey, { id: 0, key: nextKey }] },
};

for (const suite of SUITES) {
  for (const [what, keys] of Object.entries(KEYS)) {
    describeCrypterer({
      name: `aes, ${suite}, ${what}`,
      capabilities: { sync: true, closeable: true },
      create: () => createAesCrypterer({ ...keys, suite }),
      createOther: () => createAesCrypterer({ key: { id: 99, key: otherKey }, suite }),
      rotate: () =>
        createAesCrypterer({ key: generateKey(), decryptKeys: [keys.key, ...(keys.decryptKeys ?? [])], suite }),
      goFrames: (mode) => createAesCrypterer({ ...keys, suite, goFrames: mode }),
      withDataKeys: (first, second) => ({
        crypterer: createAesCrypterer({ key: first, decryptKeys: [second], suite }),
        header: (which, suiteOfFrame) => {
          const id = new DataKey(which === 0 ? first : second).defaultId;
          return encodeFrameHeader(suiteOfFrame, { kind: 1, id });
        },
      }),
      secrets: [key, previousKey, nextKey],
      vectors: frameVectors,
    });
  }
}
