/// <reference types="node" preserve="true" />
import { types } from 'node:util';
import { SqlcrypterError } from '@sqlcrypter/core';
import { genuineBytes, looksLikeFrame, parseFrame } from '@sqlcrypter/core/provider';
import { fromStoredText } from './stored-text.js';

/** On the prototype of every `EncryptedBytes`, also of another copy of this package. */
export const ENCRYPTED_MARK: unique symbol = Symbol.for('@sqlcrypter/sql/encrypted-bytes') as never;

/** Whether a value is an `EncryptedBytes`, also one made by another copy of this package. */
export function isEncryptedBytes(value: unknown): boolean {
  try {
    return types.isUint8Array(value) && ENCRYPTED_MARK in value;
  } catch {
    // One of its prototypes is a proxy that throws.
    return false;
  }
}

/** Refuses a plaintext that is a ciphertext already: encrypted twice, it would be read back as ciphertext. */
export function refuseEncrypted(plaintext: unknown): void {
  if (!isEncryptedBytes(plaintext) && !isFrame(bytesIn(plaintext))) return;
  throw new SqlcrypterError(
    'INVALID_ARGUMENT',
    'The value is encrypted already and would be encrypted twice. Expected a plaintext; an encrypted value is bound ' +
      'to a query as it is.',
  );
}

/** How the base64 of every frame begins, which is what `toJSON` writes. */
const BASE64_START = 'AMc';

/** The bytes that a driver, a column of text or JSON would hold a ciphertext in. */
function bytesIn(plaintext: unknown): Buffer | undefined {
  if (typeof plaintext !== 'string') return genuineBytes(plaintext);
  if (plaintext.startsWith(BASE64_START)) return Buffer.from(plaintext, 'base64');
  return plaintext.startsWith('\\x') ? Buffer.from(plaintext.slice(2), 'hex') : fromStoredText(plaintext);
}

function isFrame(bytes: Buffer | undefined): boolean {
  if (bytes === undefined || !looksLikeFrame(bytes)) return false;
  try {
    parseFrame(bytes);
    return true;
  } catch {
    return false;
  }
}
