/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';
import { checkScope, type KeyWrap, type NewKey } from '@sqlcrypter/core/provider';

/** The provider number of a wrap under a branch key. */
export const BRANCH_PROVIDER = 0;
const FINGERPRINT_LENGTH = 16;
/** Wraps of one key that are stored and read. */
export const MOST_WRAPS = 16;
const MAX_WRAPPED_LENGTH = 6_144;
/** An ARN, a URL, a path: printable ASCII without spaces, quotes and backslashes. */
const FINGERPRINT_IN_HEX = /^[0-9a-f]{32}$/;
const PLAIN_KEY_ID = /^[A-Za-z0-9._:/@+=,;~%#?&-]{1,512}$/;

/** Errors: `CONFIG`, or `INVALID_ARGUMENT` for a scope. */
export function checkNewKey({ fingerprint, scope, created, expires, wraps }: NewKey): void {
  if (scope !== '') checkScope(scope);
  const isKey = fingerprint.length === FINGERPRINT_LENGTH && wraps.length > 0 && wraps.length <= MOST_WRAPS;
  if (!isKey || !Number.isSafeInteger(created) || !Number.isSafeInteger(expires)) {
    throw new SqlcrypterError(
      'CONFIG',
      `A key to store has a fingerprint of ${FINGERPRINT_LENGTH} bytes, whole milliseconds, and 1 to ${MOST_WRAPS} wraps.`,
    );
  }
  for (const wrap of wraps) checkWrap(fingerprint, wrap);
}

/** Errors: `CONFIG`. */
export function checkWrap(fingerprint: Buffer, { provider, keyId, wrapped }: KeyWrap): void {
  const keyRef = fingerprint.toString('hex');
  if (!PLAIN_KEY_ID.test(keyId)) {
    throw new SqlcrypterError(
      'CONFIG',
      `A wrap of the key ${keyRef} names its wrapping key (keyId) by something that is not plain text. Expected 1 to ` +
        '512 printable ASCII characters without spaces, quotes and backslashes, as in an ARN or a URL.',
      { keyRef },
    );
  }
  if (provider === BRANCH_PROVIDER && !FINGERPRINT_IN_HEX.test(keyId)) {
    throw new SqlcrypterError(
      'CONFIG',
      `A wrap of the key ${keyRef} under a branch key does not name it. Expected its fingerprint in hex.`,
      { keyRef },
    );
  }
  const isWrap = Number.isInteger(provider) && provider >= 0 && provider <= 255;
  if (isWrap && wrapped.length > 0 && wrapped.length <= MAX_WRAPPED_LENGTH) return;
  throw new SqlcrypterError(
    'CONFIG',
    `A wrap of the key ${keyRef} has ${wrapped.length} bytes and is of provider ${provider}. Expected 1 to ` +
      `${MAX_WRAPPED_LENGTH} bytes and a provider from 0 to 255.`,
    { keyRef },
  );
}
