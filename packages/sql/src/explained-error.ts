import type { SqlcrypterError } from '@sqlcrypter/core';
import { genuineBytes } from '@sqlcrypter/core/provider';
import { crypterFailure, reworded } from './located-error.js';
import { textForm } from './text-form.js';

/** Enough to see in which form a text is. */
const START_LENGTH = 64;

/**
 * What a crypterer threw for a ciphertext, with what the stored bytes tell about the cause. They are public, and the code
 * stays what it is.
 */
export function explained(error: unknown, ciphertext: Uint8Array): SqlcrypterError {
  const failure = crypterFailure(error);
  const bytes = genuineBytes(ciphertext);
  if (bytes === undefined) return failure;
  if (failure.code === 'AUTH_FAILED') {
    const zeros = zerosAtEnd(bytes);
    if (zeros === 0) return failure;
    const count = zeros === 1 ? 'a zero byte' : `${zeros} zero bytes`;
    return reworded(
      failure,
      `${failure.message} The value ends in ${count}: a BINARY(n) column fills values up with zeros. If this one is such ` +
        'a column, make it VARBINARY(n) or BLOB, and write the values anew.',
    );
  }
  if (failure.code === 'FRAME_UNKNOWN') {
    const start = bytes.toString('latin1', 0, START_LENGTH);
    const form = textForm(start);
    if (form === undefined) return failure;
    return reworded(
      failure,
      `The bytes are text, and not the ciphertext itself: ${form.name}. Text was stored in a column of bytes, or the ` +
        `driver gives a column of text as bytes. Turn the bytes into text with toString('latin1'), then ${form.remedy}`,
    );
  }
  return failure;
}

function zerosAtEnd(bytes: Uint8Array): number {
  let zeros = 0;
  while (zeros < bytes.length && bytes[bytes.length - 1 - zeros] === 0) zeros++;
  return zeros;
}
