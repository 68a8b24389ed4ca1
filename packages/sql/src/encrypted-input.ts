import { SqlcrypterError } from '@sqlcrypter/core';
import { isStoredText } from './stored-text.js';

/** On the prototype of every `EncryptedBytes`, also of another copy of this package. */
export const ENCRYPTED_MARK: unique symbol = Symbol.for('@sqlcrypter/sql/encrypted-bytes') as never;

/** Whether a value is an `EncryptedBytes`, also one made by another copy of this package. */
export function isEncryptedBytes(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ENCRYPTED_MARK in value;
}

/** Refuses a plaintext that is a ciphertext already: encrypted twice, it would be read back as ciphertext. */
export function refuseEncrypted(plaintext: unknown): void {
  if (!isEncryptedBytes(plaintext) && !(typeof plaintext === 'string' && isStoredText(plaintext))) return;
  throw new SqlcrypterError(
    'TYPE',
    'The value is encrypted already and would be encrypted twice. Expected a plaintext; an encrypted value is bound ' +
      'to a query as it is.',
  );
}
