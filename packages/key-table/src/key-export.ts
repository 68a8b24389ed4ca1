/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';
import type { KeyPurpose, KeyRecord, KeyState, KeyWrap, NewKey } from '@sqlcrypter/core/provider';
import { checkNewKey } from './key-checks.js';

const FORMAT = 'sqlcrypter-keys/1';

/** Records as JSON text: fingerprints in hex, wraps in base64. */
export function writeKeyExport(records: readonly KeyRecord[]): string {
  const keys = records.map(({ fingerprint, wraps, ...facts }) => ({
    fingerprint: fingerprint.toString('hex'),
    ...facts,
    wraps: wraps.map(({ provider, keyId, wrapped }) => ({ provider, keyId, wrapped: wrapped.toString('base64') })),
  }));
  return `${JSON.stringify({ format: FORMAT, keys }, undefined, 1)}\n`;
}

/** Errors: `CONFIG` for anything that {@link writeKeyExport} does not write. */
export function readKeyExport(text: string): (NewKey & { readonly state: KeyState })[] {
  try {
    const parsed = JSON.parse(text) as { readonly format: unknown; readonly keys: readonly unknown[] };
    if (parsed.format === FORMAT) return parsed.keys.map(readKey);
  } catch (error) {
    if (SqlcrypterError.is(error) && error.code === 'CONFIG') throw error;
    // Whatever it is, it is not an export.
  }
  throw new SqlcrypterError('CONFIG', `The text is not an export of a key table. Expected JSON of ${FORMAT}.`);
}

function readKey(value: unknown): NewKey & { readonly state: KeyState } {
  const { fingerprint, purpose, scope, state, created, expires, wraps } = value as Record<string, unknown>;
  const isKey =
    isHex(fingerprint, 32) &&
    (purpose === 'branch' || purpose === 'data') &&
    typeof scope === 'string' &&
    (state === 'pending' || state === 'active' || state === 'decrypt-only' || state === 'disabled') &&
    Number.isSafeInteger(created) &&
    Number.isSafeInteger(expires) &&
    Array.isArray(wraps) &&
    wraps.length > 0;
  if (!isKey) throw new TypeError('not a key');
  const key: NewKey & { readonly state: KeyState } = {
    fingerprint: Buffer.from(fingerprint, 'hex'),
    purpose: purpose as KeyPurpose,
    scope,
    state: state as KeyState,
    created: created as number,
    expires: expires as number,
    wraps: wraps.map(readWrap),
  };
  checkNewKey(key);
  return key;
}

function readWrap(value: unknown): KeyWrap {
  const { provider, keyId, wrapped } = value as Record<string, unknown>;
  if (!Number.isInteger(provider) || typeof keyId !== 'string' || typeof wrapped !== 'string' || wrapped === '') {
    throw new TypeError('not a wrap');
  }
  return { provider: provider as number, keyId, wrapped: Buffer.from(wrapped, 'base64') };
}

function isHex(value: unknown, length: number): value is string {
  return typeof value === 'string' && value.length === length && /^[0-9a-f]*$/.test(value);
}
