/// <reference types="node" preserve="true" />
import { types } from 'node:util';
import { SqlcrypterError } from '@sqlcrypter/core';
import {
  DataKey,
  type DerivedKeyCache,
  type KeyService,
  type KeyWrap,
  type UnwrappedDataKey,
  type WrappedDataKey,
} from '@sqlcrypter/core/provider';

const DEK_LENGTH = 32;
/** What a column of the key table holds. */
const MAX_STORED_WRAP = 6_144;

/** The data key in an answer, whose raw bytes are zeroed. Errors: `PROVIDER_FAILED`, `KMS_INVALID_BLOB`. */
export function dataKeyIn(answer: UnwrappedDataKey, derivedKeys: DerivedKeyCache): DataKey {
  const { plaintext } = answer ?? {};
  if (!types.isUint8Array(plaintext)) throw malformed();
  try {
    if (plaintext.length !== DEK_LENGTH) {
      throw new SqlcrypterError(
        'KMS_INVALID_BLOB',
        'The KMS gave a data key that does not have 256 bits. Expected keys made for this project: ' +
          'was the wrapped key made by something else?',
      );
    }
    return new DataKey(plaintext, derivedKeys);
  } finally {
    plaintext.fill(0);
  }
}

/** The wrapped key in an answer, in memory of its own. Errors: `PROVIDER_FAILED`. */
export function wrappedIn(answer: WrappedDataKey | undefined): Buffer {
  const { wrapped } = answer ?? {};
  if (!types.isUint8Array(wrapped)) throw malformed();
  return Buffer.from(wrapped);
}

/** The wrap in an answer, as it is stored. Errors: `PROVIDER_FAILED`, `CONFIG` for one that no row can hold. */
export function wrapIn({ provider, scheme }: KeyService, answer: WrappedDataKey | undefined): KeyWrap {
  const wrapped = wrappedIn(answer);
  const { keyId } = answer as WrappedDataKey;
  if (typeof keyId !== 'string') throw malformed();
  if (wrapped.length >= 1 && wrapped.length <= MAX_STORED_WRAP) return { provider, keyId, wrapped };
  throw new SqlcrypterError(
    'CONFIG',
    `The key service ${scheme} wraps a key into ${wrapped.length} bytes, and a key table holds 1 to ${MAX_STORED_WRAP}. ` +
      'Nothing was stored under it. Use another KMS key.',
    { keyRef: keyId },
  );
}

function malformed(): SqlcrypterError {
  return new SqlcrypterError(
    'PROVIDER_FAILED',
    'The key service answered without a data key or without its wrapped form, which is a defect of that service. ' +
      'Expected { plaintext, wrapped, keyId } with bytes in the first two.',
  );
}
