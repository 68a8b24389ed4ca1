/// <reference types="node" preserve="true" />
import { randomFillSync } from 'node:crypto';
import { SqlcrypterError } from './sqlcrypter-error.js';

const MAX_LENGTH = 2 ** 31 - 1;

/**
 * Cryptographically strong random bytes in memory of their own.
 *
 * @param length how many: an integer from 0 to 2^31 - 1, else `INVALID_ARGUMENT`.
 */
export function generateBytes(length: number): Buffer {
  if (!Number.isInteger(length) || length < 0 || length > MAX_LENGTH) {
    throw new SqlcrypterError(
      'INVALID_ARGUMENT',
      `generateBytes was given ${typeof length === 'number' ? length : typeof length}. ` +
        `Expected an integer from 0 to ${MAX_LENGTH}.`,
    );
  }
  return randomFillSync(Buffer.from(allocate(length)));
}

function allocate(length: number): ArrayBuffer {
  try {
    return new ArrayBuffer(length);
  } catch {
    throw new SqlcrypterError('INVALID_ARGUMENT', `This process has no memory for ${length} bytes. Expected fewer.`);
  }
}
