/// <reference types="node" preserve="true" />
import { types } from 'node:util';
import { genuineBytes } from './genuine-bytes.js';
import { SqlcrypterError } from './sqlcrypter-error.js';

/** What a value is, for messages. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (types.isPromise(value)) return 'Promise (is an await missing?)';
  if (types.isProxy(value)) return 'Proxy';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** The bytes that a caller gave, of the length that their memory has; see `genuineBytes`. Errors: `INVALID_ARGUMENT`. */
export function givenBytes(value: unknown, what: 'plaintext' | 'ciphertext'): Buffer {
  const bytes = genuineBytes(value);
  if (bytes !== undefined) return bytes;
  throw notBytes(value, what);
}

/** The error of a value that is no bytes, or has none any more. */
export function notBytes(value: unknown, what: 'plaintext' | 'ciphertext'): SqlcrypterError {
  if (types.isUint8Array(value)) {
    return new SqlcrypterError(
      'INVALID_ARGUMENT',
      `The ${what} is a Uint8Array whose memory is gone: it was transferred, or shrank. Pass it before, or a copy.`,
    );
  }
  const hint = what === 'plaintext' ? " Encode text with Buffer.from(text, 'utf8')." : '';
  return new SqlcrypterError(
    'INVALID_ARGUMENT',
    `The ${what} is of type ${kindOf(value)}. Expected a Uint8Array.${hint}`,
  );
}
