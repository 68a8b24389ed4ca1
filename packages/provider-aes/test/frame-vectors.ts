import type { ContractVector } from '@sqlcrypter/contract';
import { dataKey, frames, keyId, malformed } from '../../../testing/vectors/frame-v1.js';
import { createAesCrypterer } from '../src/index.js';

function withId(id: number) {
  return () => createAesCrypterer({ key: { id, key: dataKey } });
}

/** The vectors that concern local keys, which frames name by id. */
export const frameVectors: readonly ContractVector[] = [
  ...frames
    .filter(({ kind }) => kind === 1)
    .map((vector) => ({ ...vector, create: withId(vector.ciphertext.readUInt32BE(4)) })),
  ...malformed
    .filter(({ bytesAlone, ciphertext }) => bytesAlone || ciphertext[3] === 1)
    .map((vector) => ({ ...vector, create: withId(keyId) })),
];
