/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';
import type { KeyRecord, KeyState } from '@sqlcrypter/core/provider';

/** The states in which a key is read with. */
const READABLE: readonly KeyState[] = ['pending', 'active', 'decrypt-only'];

/** The states in which it is not used any more. */
export type RevokedState = Extract<KeyState, 'disabled' | 'destroyed'>;

/** Errors: `KEY_DESTROYED`, `KEY_DISABLED`, `KMS_INVALID_BLOB` (an unknown state), `KEY_NOT_FOUND` (no wraps). */
export function refuseUnusable({ fingerprint, state, wraps }: KeyRecord): void {
  if (isRevoked(state)) throw revoked(fingerprint.toString('hex'), state);
  if (!READABLE.includes(state)) throw invalidRow(fingerprint, 'unknown state');
  if (wraps.length === 0) throw lostWraps(fingerprint);
}

export function isRevoked(state: KeyState): state is RevokedState {
  return state === 'disabled' || state === 'destroyed';
}

export function revoked(keyRef: string, state: RevokedState): SqlcrypterError {
  if (state === 'destroyed') {
    return new SqlcrypterError(
      'KEY_DESTROYED',
      `The stored key ${keyRef} was destroyed: its scope was erased, and values under it are gone for good.`,
      { keyRef },
    );
  }
  return new SqlcrypterError(
    'KEY_DISABLED',
    `The stored key ${keyRef} is disabled in the key table. Enable it there to read values under it.`,
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

/** A row that was not destroyed has lost its wraps. */
function lostWraps(fingerprint: Buffer): SqlcrypterError {
  const keyRef = fingerprint.toString('hex');
  return new SqlcrypterError(
    'KEY_NOT_FOUND',
    `The stored key ${keyRef} has no wrap in the key table any more, and was not destroyed there. Bring its wraps back ` +
      'from a backup or an export: without one values under the key are lost.',
    { keyRef },
  );
}

/** A key is in memory, and its row is gone. */
export function lostRow(keyRef: string): SqlcrypterError {
  return new SqlcrypterError(
    'KEY_NOT_FOUND',
    `The row of the stored key ${keyRef} is not in the key table any more, and this process still has the key. Nothing ` +
      'new is encrypted under it. Bring the row back from a backup or an export before processes end: without it values ' +
      'under the key are lost.',
    { keyRef },
  );
}

/** A row and its wrap do not belong together, or a row and the key that was proven to be its own. */
export function invalidRow(fingerprint: Buffer, cause: string): SqlcrypterError {
  const keyRef = fingerprint.toString('hex');
  return new SqlcrypterError(
    'KMS_INVALID_BLOB',
    `The row of the stored key ${keyRef} was changed: its wrap does not open under the facts of the row. ` +
      'Compare the key table with its backup.',
    { keyRef, cause: { name: cause } },
  );
}
