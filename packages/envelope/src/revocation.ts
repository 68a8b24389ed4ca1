import { type ErrorCode, SqlcrypterError } from '@sqlcrypter/core';

/**
 * Answers after which a key must not be used any more: the KMS refuses it, or no longer unwraps it to what it was. An
 * allow-list, because whatever else goes wrong is an outage, in which keys in memory stay in use.
 */
const REVOKED: readonly ErrorCode[] = [
  'KMS_DENIED',
  'KEY_DISABLED',
  'KEY_DESTROYED',
  'KEY_NOT_FOUND',
  'KMS_WRONG_KEY',
  'KMS_INVALID_BLOB',
  'KEY_COMMITMENT',
];

/** Whether an answer of a KMS takes a key away. */
export function isRevocation(error: unknown): boolean {
  return SqlcrypterError.is(error) && REVOKED.includes(error.code);
}

/**
 * What several services, or several wraps of one key, come to: a key is refused only if all of them refuse it, so the
 * first failure that is no refusal stands, and else the first.
 */
export function decisiveOf(failures: readonly SqlcrypterError[]): SqlcrypterError | undefined {
  return failures.find((failure) => !isRevocation(failure)) ?? failures[0];
}
