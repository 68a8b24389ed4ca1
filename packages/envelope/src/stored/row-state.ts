/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';
import type { KeyRecord } from '@sqlcrypter/core/provider';

/** Errors: `KEY_DESTROYED`, `KEY_DISABLED`. */
export function refuseUnusable({ fingerprint, state, wraps }: KeyRecord): void {
  if (state === 'disabled') {
    const keyRef = fingerprint.toString('hex');
    throw new SqlcrypterError(
      'KEY_DISABLED',
      `The stored key ${keyRef} is disabled in the key table. Enable it there to read values under it.`,
      { keyRef },
    );
  }
  if (state === 'destroyed' || wraps.length === 0) throw destroyed(fingerprint);
}

export function destroyed(fingerprint: Buffer): SqlcrypterError {
  const keyRef = fingerprint.toString('hex');
  return new SqlcrypterError(
    'KEY_DESTROYED',
    `The stored key ${keyRef} was destroyed: its scope was erased, and values under it are gone for good.`,
    { keyRef },
  );
}

export function unknownKey(fingerprint: Buffer): SqlcrypterError {
  const keyRef = fingerprint.toString('hex');
  return new SqlcrypterError(
    'KEY_NOT_FOUND',
    `The value names the key ${keyRef}, which is not in the key table. Check which database, and which backup of the ` +
      'key table, the value belongs to.',
    { keyRef },
  );
}

/** A row and its wrap do not belong together. */
export function invalidRow(fingerprint: Buffer, cause: string): SqlcrypterError {
  const keyRef = fingerprint.toString('hex');
  return new SqlcrypterError(
    'KMS_INVALID_BLOB',
    `The row of the stored key ${keyRef} was changed: its wrap does not open under the facts of the row. ` +
      'Compare the key table with its backup.',
    { keyRef, cause: { name: cause } },
  );
}
