import { type ErrorCode, SqlcrypterError } from '@sqlcrypter/core';

/**
 * Answers after which a key in memory must not be used any more: somebody took it, or the right to it, away. An
 * allow-list, because whatever else goes wrong is an outage, in which keys in memory stay in use. So is a wrapped key
 * that once opened and no longer does: nobody decides that, and the key in memory is proven to be the right one.
 */
const REVOKED: readonly ErrorCode[] = ['KMS_DENIED', 'KEY_DISABLED', 'KEY_DESTROYED', 'KEY_NOT_FOUND'];

/** Answers that a further call will not change. */
const REFUSED: readonly ErrorCode[] = [...REVOKED, 'KMS_WRONG_KEY', 'KMS_INVALID_BLOB', 'KEY_COMMITMENT'];

/** Whether an answer of a KMS takes a key away that is in memory. */
export function isRevocation(error: unknown): boolean {
  return SqlcrypterError.is(error) && REVOKED.includes(error.code);
}

/** Whether a wrapped key cannot be opened, now or later. */
export function isRefusal(error: unknown): error is SqlcrypterError {
  return SqlcrypterError.is(error) && REFUSED.includes(error.code);
}

/**
 * What several services, or several wraps of one key, come to: a key is refused only if all of them refuse it, so the
 * first failure that is no refusal stands, and else the first.
 */
export function decisiveOf(failures: readonly SqlcrypterError[]): SqlcrypterError | undefined {
  return failures.find((failure) => !isRefusal(failure)) ?? failures[0];
}
