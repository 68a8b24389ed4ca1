import { type ErrorCode, type ErrorDetails, SqlcrypterError } from '@sqlcrypter/core';
import { causeOf } from '@sqlcrypter/core/provider';

/** Where an error happened: the column's label, and the position in a batch. */
export type ErrorPlace = Pick<ErrorDetails, 'column' | 'index'>;

/**
 * The error with the place it happened at; its message names the column. What has no code was thrown by the caller's own
 * code while an argument was read, and may quote a value, so only its name is kept.
 */
export function located(error: unknown, place: ErrorPlace): SqlcrypterError {
  if (!SqlcrypterError.is(error)) return located(unreadable(error), place);
  const column = place.column ?? error.column;
  const index = place.index ?? error.index;
  if (column === error.column && index === error.index) return error;
  const isNamed = column === undefined || error.column !== undefined;
  return reworded(error, isNamed ? error.message : `Column ${column}: ${error.message}`, { column, index });
}

/** The same error with another message. */
export function reworded(error: SqlcrypterError, message: string, place: ErrorPlace = error): SqlcrypterError {
  const { cause, keyRef } = error;
  return new SqlcrypterError(error.code, message, { cause, keyRef, column: place.column, index: place.index });
}

/** What a crypterer threw, as an error with a code. */
export function crypterFailure(error: unknown): SqlcrypterError {
  if (SqlcrypterError.is(error)) return error;
  const message = 'The crypterer threw an error that has no code.';
  return new SqlcrypterError('PROVIDER_FAILED', message, { cause: causeOf(error) });
}

/** Runs a public function. Whatever it throws has a code, and the column if it is of one. */
export function attempt<R>(column: string | undefined, work: () => R): R {
  try {
    return work();
  } catch (error) {
    throw located(error, { column });
  }
}

/** As {@link attempt}, for one that gives a Promise. */
export async function attemptAsync<R>(column: string | undefined, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    throw located(error, { column });
  }
}

/** As {@link attempt}, for a declaration: what cannot be read is `CONFIG`. */
export function attemptDeclaration<R>(work: () => R): R {
  try {
    return work();
  } catch (error) {
    throw SqlcrypterError.is(error) ? error : unreadable(error, 'CONFIG');
  }
}

function unreadable(error: unknown, code: ErrorCode = 'INVALID_ARGUMENT'): SqlcrypterError {
  return new SqlcrypterError(
    code,
    'An argument could not be read: a getter, a proxy or a function of it threw an error. The message of that error is ' +
      "left out because it may quote a value; its name is this error's cause. Expected plain values.",
    { cause: causeOf(error) },
  );
}
