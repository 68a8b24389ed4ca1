/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';
import { kindOf } from './argument-check.js';
import { BASE64, formOf } from './text-form.js';

/**
 * The bytes of what `JSON.stringify` made of an `EncryptedBytes`: canonical base64 and nothing else; null for null.
 *
 * Errors: `INVALID_ARGUMENT`.
 */
export function ciphertextOfJson(json: unknown): Buffer | null {
  if (json === null) return null;
  const bytes = typeof json === 'string' ? Buffer.from(json, 'base64') : undefined;
  if (bytes !== undefined && bytes.length > 0 && bytes.toString('base64') === json) return bytes;
  const known = formOf(json);
  const form = known?.name === BASE64.name ? undefined : known;
  const got = form?.name ?? (bytes === undefined ? kindOf(json) : 'text that is not canonical base64');
  const remedy = form === undefined ? '' : ` Of what was given, fromDatabase() takes the bytes: ${form.remedy}`;
  throw new SqlcrypterError(
    'INVALID_ARGUMENT',
    `fromJSON was given ${got}. Expected the string that JSON.stringify made of an EncryptedBytes, or null.${remedy}`,
  );
}
