import { types } from 'node:util';
import { type EncryptionContext, SqlcrypterError } from '@sqlcrypter/core';
import { encodeContext } from '@sqlcrypter/core/provider';

const RESERVED_NAMES = ['c', 'r', 'tn'];

/**
 * A frozen copy of a context, so that a value keeps what it is bound to. An object that can never be another is kept, and
 * its encoding with it.
 *
 * Errors: `CONTEXT_INVALID`.
 */
export function ownContext(context: EncryptionContext): EncryptionContext {
  // First as it was given: a copy of a Promise or of an instance would be a plain object.
  encodeContext(context);
  const names = Object.keys(context);
  const own = isUnchangeable(context, names) ? context : copyOf(context, names);
  for (const name of RESERVED_NAMES) {
    if (!Object.hasOwn(own, name)) continue;
    throw new SqlcrypterError(
      'CONTEXT_INVALID',
      `The context has the name "${name}", which encrypted columns use. Expected other names than c, r and tn.`,
    );
  }
  encodeContext(own);
  return own;
}

function isUnchangeable(context: EncryptionContext, names: readonly string[]): boolean {
  if (!Object.isFrozen(context)) return false;
  return names.every((name) => typeof Object.getOwnPropertyDescriptor(context, name)?.value === 'string');
}

function copyOf(context: EncryptionContext, names: readonly string[]): EncryptionContext {
  const values = names.map((name) => {
    const value = context[name];
    return [name, types.isUint8Array(value) ? new Uint8Array(value) : value] as const;
  });
  return Object.freeze(Object.fromEntries(values)) as EncryptionContext;
}
