import { SqlcrypterError } from '@sqlcrypter/core';
import { checkOptionNames } from '@sqlcrypter/core/provider';
import type { Driver } from './database.js';
import { type Mysql2Handle, mysql2Driver } from './drivers/mysql.js';
import { type PgHandle, type PostgresJsHandle, pgDriver, postgresJsDriver } from './drivers/postgres.js';
import { type SqliteHandle, sqliteDriver } from './drivers/sqlite.js';
import { type KeyTable, SqlKeyTable } from './key-table.js';

/**
 * The application's own handle, by the name of its driver: exactly one. A pool rather than one connection, and never a
 * connection inside a transaction: keys must be kept even if the application rolls back.
 */
export type KeyTableOptions =
  | {
      /** A Pool of `pg`; PGlite fits too. */
      readonly pg: PgHandle;
      /** Asked first when keys are looked up; may lag behind. */
      readonly replica?: PgHandle;
    }
  | { /** What `postgres()` gave. */ readonly postgres: PostgresJsHandle; readonly replica?: PostgresJsHandle }
  | { /** A pool of `mysql2/promise` or of `mysql2`. */ readonly mysql2: Mysql2Handle; readonly replica?: Mysql2Handle }
  | {
      /** A database of `better-sqlite3`, `libsql`, `node:sqlite` or `node-sqlite3-wasm`. */
      readonly sqlite: SqliteHandle;
      readonly replica?: SqliteHandle;
    };

interface DriverKind {
  /** The method that tells whether a handle is of this driver. */
  readonly method: string;
  // biome-ignore lint/suspicious/noExplicitAny: each is given a handle that has its method
  readonly create: (handle: any) => Driver;
}

const KINDS: Readonly<Record<string, DriverKind>> = {
  pg: { method: 'query', create: pgDriver },
  postgres: { method: 'unsafe', create: postgresJsDriver },
  mysql2: { method: 'execute', create: mysql2Driver },
  sqlite: { method: 'prepare', create: sqliteDriver },
};

/**
 * A key table over the application's database. The tables must exist: `keyTableSql` has the statements.
 *
 * Errors: `CONFIG`. Nothing is asked of the database yet.
 */
export function createKeyTable(options: KeyTableOptions): KeyTable {
  checkOptionNames(options, 'createKeyTable', [...Object.keys(KINDS), 'replica']);
  const given = options as Readonly<Record<string, unknown>>;
  const [name, ...others] = Object.keys(KINDS).filter((each) => given[each] !== undefined);
  if (name === undefined || others.length > 0) {
    const drivers = Object.keys(KINDS).join(', ');
    throw new SqlcrypterError('CONFIG', `createKeyTable needs one database handle. Expected one of ${drivers}.`);
  }
  const primary = driverOf(name, name, given[name]);
  const replica = given.replica === undefined ? undefined : driverOf(name, 'replica', given.replica);
  return new SqlKeyTable(primary, replica);
}

function driverOf(name: string, option: string, handle: unknown): Driver {
  const { method, create } = KINDS[name] as DriverKind;
  if (typeof (handle as Record<string, unknown> | null)?.[method] === 'function') return create(handle);
  throw new SqlcrypterError(
    'CONFIG',
    `${option} is not a handle of ${name}. Expected the application's own pool or database, with a method ${method}().`,
  );
}
