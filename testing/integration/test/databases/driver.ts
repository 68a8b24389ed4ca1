import type { DatabaseValue, Dialect } from '@sqlcrypter/sql';
import type { NamedBytes } from '@sqlcrypter/test-databases';

export type Row = Record<string, unknown>;

/** Runs one statement with `?` for its parameters, and gives the rows if there are any. */
export type Run = (sql: string, parameters?: readonly unknown[]) => Promise<Row[]>;

export interface Statement {
  sql: string;
  parameters?: readonly unknown[];
}

/** A database driver, as the tests use it. */
export interface Driver {
  name: string;
  dialect: Dialect;
  /** Why it cannot run here. */
  skipReason?: string | undefined;
  /** What the driver hands back for a column of bytes. */
  bytesAs: 'Buffer' | 'Uint8Array' | 'ArrayBuffer';
  /** The statements that may end with RETURNING. */
  returning: readonly ('insert' | 'update')[];
  /** Whether the driver passes results through a function of the application. */
  hasResultHook: boolean;
  createDatabase(): Promise<Database>;
}

/** An empty database of its own, gone once it is disposed. */
export interface Database extends AsyncDisposable {
  connect(options?: ConnectOptions): Promise<Session>;
  /** Everything that a thief of the disk or of a backup gets, as it is now: files, logs and dumps. */
  contents?(): Promise<NamedBytes[]>;
}

interface ConnectOptions {
  /** Every value of a column of bytes is read through it, by the hook that the driver has for that. */
  onBytes?: (value: DatabaseValue) => unknown;
}

/** One connection. */
export interface Session {
  run: Run;
  /** Runs statements in the driver's own kind of transaction; `rollback` ends it as an error of the application does. */
  transaction(statements: readonly Statement[], end: 'commit' | 'rollback'): Promise<void>;
  close(): Promise<void>;
}

/** What an application throws to leave a transaction. */
export class Rollback extends Error {}

/** Runs the statements in the order given, then ends as asked. For drivers whose transactions are functions. */
export async function runAll(run: Run, statements: readonly Statement[], end: 'commit' | 'rollback'): Promise<void> {
  for (const { sql, parameters } of statements) await run(sql, parameters);
  if (end === 'rollback') throw new Rollback();
}

/** Waits for a transaction that was to end with {@link Rollback}. */
export async function settle(transaction: Promise<unknown>): Promise<void> {
  await transaction.catch((error: unknown) => {
    if (!(error instanceof Rollback)) throw error;
  });
}

/** `$1`, `$2`, … for `?`. */
export function numbered(sql: string): string {
  let number = 0;
  return sql.replaceAll('?', () => `$${++number}`);
}
