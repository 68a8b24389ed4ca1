import { SqlcrypterError } from '@sqlcrypter/core';
import { dataKey, frames } from '../../../../testing/vectors/frame-v1.js';
import type { KeyService } from '../../src/index.js';

/** The wrapped keys in the frame vectors. */
export const knownWraps: readonly Buffer[] = frames
  .filter(({ kind }) => kind === 3)
  .map(({ ciphertext }) => ciphertext.subarray(23, 23 + ciphertext.readUInt16BE(21)));

/** Unwraps the wrapped keys of the frame vectors, and calls all others invalid. */
export function vectorService(provider: number): KeyService {
  return {
    provider,
    scheme: 'vectors',
    generateDataKey: () => Promise.reject(new Error('Vectors are only read.')),
    async unwrapDataKey(wrapped) {
      if (knownWraps.some((known) => known.equals(wrapped)))
        return { plaintext: Buffer.from(dataKey), keyId: 'vectors' };
      throw new SqlcrypterError('KMS_INVALID_BLOB', 'No such blob.');
    },
  };
}
