/// <reference types="node" preserve="true" />
import { types } from 'node:util';
import { SqlcrypterError } from '@sqlcrypter/core';
import { kindOf } from './argument-check.js';
import { fromStoredText } from './stored-text.js';
import { formOf } from './text-form.js';

/**
 * What drivers hand back for an encrypted value that is not NULL: bytes in any of their forms, `\x…` text (PostgreSQL,
 * also inside JSON), or `sc1.…` text from a text column. An `EncryptedBytes` is bytes too.
 */
export type DatabaseValue = Uint8Array | ArrayBuffer | string;

/** null where the value may be null, else what it became; also right for values of type `any`. */
export type OrNull<V, R> = V extends null ? null : R;

/**
 * The ciphertext that a driver handed back, without copying bytes; null for NULL. What cannot be a ciphertext is
 * `INVALID_ARGUMENT`: nothing is ever passed through.
 */
export function ciphertextOf(value: unknown): Uint8Array | null {
  if (value === null || types.isUint8Array(value)) return value;
  if (types.isAnyArrayBuffer(value)) return new Uint8Array(value);
  if (typeof value !== 'string') throw refuse(value);
  const bytes = value.startsWith('\\x') ? fromHexText(value) : fromStoredText(value);
  if (bytes !== undefined) return bytes;
  throw refuse(value);
}

function fromHexText(text: string): Buffer | undefined {
  const bytes = Buffer.from(text.slice(2), 'hex');
  // Node's decoder stops at the first character that is not a digit, and drops half a byte.
  return bytes.length * 2 === text.length - 2 ? bytes : undefined;
}

function refuse(value: unknown): SqlcrypterError {
  if (value === undefined) {
    return new SqlcrypterError(
      'INVALID_ARGUMENT',
      'The value is undefined, which no driver gives for NULL (that is null): probably the column is missing from the ' +
        'result. Select it, and look under the name it has in the result.',
    );
  }
  const form = formOf(value);
  if (form !== undefined) {
    return new SqlcrypterError(
      'INVALID_ARGUMENT',
      `The value is ${form.name}. Only what a driver gives for the column is taken, so that one value has one text: ` +
        form.remedy,
    );
  }
  if (typeof value === 'string') {
    return new SqlcrypterError(
      'INVALID_ARGUMENT',
      'The value is text that holds no ciphertext: perhaps plaintext that was stored unencrypted. Expected bytes, ' +
        '`\\x…` with pairs of hexadecimal digits, or `sc1.…` as a text column stores it. Check who writes the column; ' +
        'its CHECK constraint, see ddl(), keeps such values out.',
    );
  }
  return new SqlcrypterError(
    'INVALID_ARGUMENT',
    `The value is ${kindOf(value)}. Expected what a driver gives for an encrypted column: ` +
      'Buffer, Uint8Array, ArrayBuffer, `\\x…` or `sc1.…` text, or null.',
  );
}
