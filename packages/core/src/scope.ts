import { SqlcrypterError } from './sqlcrypter-error.js';

const MAX_LENGTH = 255;

/** What no name has: control characters, what ends a line, and what stands for bytes that are no text. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\ufffd]/u;

/** A scope that every database keeps as it is. Errors: `INVALID_ARGUMENT`. */
export function checkScope(scope: unknown): string {
  if (typeof scope === 'string' && scope !== '' && !UNPRINTABLE.test(scope) && scope.isWellFormed()) {
    if (Buffer.byteLength(scope) <= MAX_LENGTH) return scope;
  }
  throw new SqlcrypterError(
    'INVALID_ARGUMENT',
    `The scope is not a name. Expected well-formed text of 1 to ${MAX_LENGTH} bytes in UTF-8 without control ` +
      "characters, e.g. 'tenant-42' or 'person:1001'.",
  );
}
