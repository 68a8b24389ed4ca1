import { type OnError, SqlcrypterError } from '@sqlcrypter/core';
import { decodeValue } from './column-codec.js';
import type { ColumnFacts } from './column-facts.js';
import type { Result } from './decrypt-cells.js';
import { type ErrorPlace, located } from './located-error.js';

/** The error of one value of a batch: thrown, or given back to stand in the place of the value. */
export function collectOrThrow(error: unknown, place: ErrorPlace, onError: OnError | undefined): SqlcrypterError {
  const failure = located(error, place);
  if (onError === 'collect') return failure;
  throw failure;
}

/** The value of a decrypted cell. A string is the value of a column of text, decoded already; an error stays one. */
export function readResult<T>(
  facts: ColumnFacts<T>,
  result: Result,
  index: number,
  onError: OnError | undefined,
): T | string | SqlcrypterError {
  if (typeof result === 'string' || SqlcrypterError.is(result)) return result;
  try {
    return decodeValue(facts, result, index);
  } catch (error) {
    return collectOrThrow(error, { column: facts.label, index }, onError);
  }
}

/** How many bytes or characters a result has, as a measure of the work. */
export function sizeOf(result: Result): number {
  return SqlcrypterError.is(result) ? 0 : result.length;
}
