import { SqlcrypterError } from '@sqlcrypter/core';
import { causeOf } from '@sqlcrypter/core/provider';
import type { KeyTableDialect } from './dialect.js';
import { isContention, isDuplicate, withRetries } from './lost-race.js';

export type Row = Readonly<Record<string, unknown>>;

/** A driver, as the key table uses it: one statement at a time, `?` for each parameter. */
export interface Driver {
  readonly dialect: KeyTableDialect;
  query(sql: string, parameters: readonly unknown[]): Promise<readonly Row[]>;
}

/** Names in which drivers say what went wrong: SQLSTATEs, ER_DUP_ENTRY, SQLITE_BUSY, ECONNREFUSED. */
const SAFE_CODE = /^[A-Za-z0-9_]{1,40}$/;

/**
 * What a failure of the application's driver means. Its message is left out: it may quote the values of a row.
 */
export function storeUnavailable(error: unknown): SqlcrypterError {
  if (SqlcrypterError.is(error)) return error;
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  const why = typeof code === 'string' && SAFE_CODE.test(code) ? ` (${code})` : '';
  return new SqlcrypterError(
    'KEY_STORE_UNAVAILABLE',
    `The key table could not be read or written${why}. Check the connection, that the tables sqlcrypter_keys and ` +
      'sqlcrypter_key_wraps exist (keyTableSql has the statements), and what this login may do with them.',
    { cause: causeOf(error) },
  );
}

/** Runs a statement that may lose against another process: false if it did. Errors: `KEY_STORE_UNAVAILABLE`. */
export async function tryRun(driver: Driver, sql: string, parameters: readonly unknown[]): Promise<boolean> {
  try {
    await withRetries(() => driver.query(sql, parameters));
    return true;
  } catch (error) {
    if (isDuplicate(error) || isContention(error)) return false;
    throw storeUnavailable(error);
  }
}

/** Runs one statement. Errors: `KEY_STORE_UNAVAILABLE`. */
export async function run(driver: Driver, sql: string, parameters: readonly unknown[]): Promise<readonly Row[]> {
  try {
    return await withRetries(() => driver.query(sql, parameters));
  } catch (error) {
    throw storeUnavailable(error);
  }
}

/** `(?, ?, ?)` */
export function placeholders(count: number): string {
  return `(${Array.from({ length: count }, () => '?').join(', ')})`;
}

/** Values in one statement: every database and driver takes as many parameters. A power of two. */
const CHUNK = 1_024;

/**
 * Lists for `IN`, of at most so many values. Each is filled up to a power of two with its last value, so that there are
 * few different statements: servers and drivers keep every one that was prepared.
 */
export function* listsOf<T>(values: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < values.length; start += CHUNK) {
    const chunk = values.slice(start, start + CHUNK);
    const length = 2 ** Math.ceil(Math.log2(chunk.length));
    yield [...chunk, ...Array.from({ length: length - chunk.length }, () => chunk.at(-1) as T)];
  }
}
