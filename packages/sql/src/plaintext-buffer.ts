/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';
import { genuineBytes } from '@sqlcrypter/core/provider';
import { kindOf } from './argument-check.js';
import { attempt } from './located-error.js';

/** The plaintext that a value type is given to decode, as a Buffer. Errors: `INVALID_ARGUMENT`. */
export function plaintextBuffer(plaintext: unknown): Buffer {
  const bytes = attempt(undefined, () => genuineBytes(plaintext));
  if (bytes !== undefined) return bytes;
  throw new SqlcrypterError('INVALID_ARGUMENT', `The plaintext is ${kindOf(plaintext)}. Expected a Buffer.`);
}
