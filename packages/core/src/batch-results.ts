import { coded } from './coded-error.js';
import type { ErrorCode } from './error-code.js';
import { SqlcrypterError } from './sqlcrypter-error.js';

/** Throws the first error in order, if there is one. */
export function throwFirst<T>(results: readonly (T | SqlcrypterError)[]): T[] {
  // Once more, with the stack trace that errors in a list do not have.
  for (const result of results) if (SqlcrypterError.is(result)) throw SqlcrypterError.withDetails(result, {});
  return results as T[];
}

/** An error of the item at a position, in place of its value. */
export function atIndex(error: unknown, index: number): SqlcrypterError {
  return SqlcrypterError.withDetails(coded(error), { index });
}

const NEED_WAITING: readonly ErrorCode[] = ['KEY_NOT_LOADED', 'DEK_EXHAUSTED'];

/** Whether an asynchronous call may do what a synchronous one could not. */
export function needsWaiting(error: unknown): boolean {
  return SqlcrypterError.is(error) && NEED_WAITING.includes(error.code);
}
