/// <reference types="node" preserve="true" />
import { genuineBytes } from './genuine-bytes.js';
import { causeOf, SqlcrypterError } from './sqlcrypter-error.js';

/** The error itself if it has a code. What has none may quote a key or a value, so only its name is kept. */
export function coded(error: unknown, scheme?: string): SqlcrypterError {
  if (SqlcrypterError.is(error)) return error;
  const details = { cause: causeOf(error) };
  if (scheme === undefined) {
    return new SqlcrypterError('PROVIDER_FAILED', 'The crypterer threw an error that has no code.', details);
  }
  return new SqlcrypterError(
    'PROVIDER_FAILED',
    `The ${scheme} provider threw an error that has no code, which is a defect of that provider. ` +
      "Its message is not repeated here because it may hold secrets; its name is this error's cause.",
    details,
  );
}

/** What a crypterer or provider gave, as a Buffer; throws where that is no bytes. */
export function resultBytes(result: unknown): Buffer {
  const bytes = Buffer.isBuffer(result) ? result : genuineBytes(result);
  if (bytes !== undefined) return bytes;
  throw new TypeError('The result is no Uint8Array');
}
