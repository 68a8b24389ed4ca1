import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mariadbSkipReason, startMariadb, startPostgres } from '@sqlcrypter/test-databases';
import Libsql from 'libsql';
import { createPool } from 'mysql2/promise';
import sqlite from 'node-sqlite3-wasm';
import pg from 'pg';
import postgres from 'postgres';
import {
  createKeyTable,
  type KeyTable,
  type KeyTableDialect,
  keyTableSql,
  type SqliteHandle,
} from '../../src/index.js';

/** A database with an empty key table. */
export interface TestDatabase {
  readonly table: KeyTable;
  /** What the table is created with, to create another one over it. */
  readonly options: Parameters<typeof createKeyTable>[0];
  /** Runs one statement, as an operator or an attacker would. */
  run(sql: string): Promise<unknown>;
  close(): Promise<void>;
}

/** A driver with a database behind it. */
export interface TestDriver {
  readonly name: string;
  readonly dialect: KeyTableDialect;
  readonly skipReason?: string | undefined;
  open(): Promise<TestDatabase>;
}

const postgresServer = await startPostgres();
const mariadbServer = await startMariadb();

async function opened(
  dialect: KeyTableDialect,
  options: Parameters<typeof createKeyTable>[0],
  run: (sql: string) => Promise<unknown>,
  close: () => Promise<void>,
): Promise<TestDatabase> {
  for (const statement of keyTableSql(dialect)) await run(statement);
  return { table: createKeyTable(options), options, run, close };
}

interface SqliteDatabase {
  exec(sql: string): unknown;
  close(): unknown;
}

function sqliteDriver(name: string, connect: (path: string) => SqliteDatabase & SqliteHandle): TestDriver {
  return {
    name,
    dialect: 'sqlite',
    async open() {
      const folder = await mkdtemp(join(tmpdir(), 'sqlcrypter-keys-'));
      const database = connect(join(folder, 'keys.sqlite'));
      return opened(
        'sqlite',
        { sqlite: database },
        async (sql) => database.exec(sql),
        async () => {
          database.close();
          await rm(folder, { recursive: true, force: true });
        },
      );
    },
  };
}

/** The part of `node:sqlite` in use here; the types of the oldest Node have none of it. */
const nodeSqlite = process.getBuiltinModule('node:sqlite') as
  | { readonly DatabaseSync: new (path: string) => SqliteDatabase & SqliteHandle }
  | undefined;

export const drivers: readonly TestDriver[] = [
  {
    name: 'pg',
    dialect: 'postgres',
    async open() {
      const database = await postgresServer.createDatabase('key_table');
      const pool = new pg.Pool(database.connection);
      // Dropping the database may end a connection before its end() has been answered.
      pool.on('error', () => undefined);
      pool.on('connect', (client) => client.on('error', () => undefined));
      return opened(
        'postgres',
        { pg: pool },
        (sql) => pool.query(sql),
        async () => {
          await pool.end();
          await database.drop();
        },
      );
    },
  },
  {
    name: 'postgres',
    dialect: 'postgres',
    async open() {
      const database = await postgresServer.createDatabase('key_table');
      const sql = postgres(database.url, { onnotice: () => undefined });
      return opened(
        'postgres',
        { postgres: sql },
        (text) => sql.unsafe(text),
        async () => {
          await sql.end();
          await database.drop();
        },
      );
    },
  },
  {
    name: 'mysql2',
    dialect: 'mysql',
    skipReason: mariadbServer === undefined ? mariadbSkipReason : undefined,
    async open() {
      if (mariadbServer === undefined) throw new Error(mariadbSkipReason);
      const database = await mariadbServer.createDatabase('key_table');
      const pool = createPool(database.connection);
      return opened(
        'mysql',
        { mysql2: pool },
        (sql) => pool.query(sql),
        async () => {
          await pool.end();
          await database.drop();
        },
      );
    },
  },
  sqliteDriver('node-sqlite3-wasm', (path) => new sqlite.Database(path)),
  sqliteDriver('libsql', (path) => new Libsql(path)),
  // Node 20 has none: the two above are what runs everywhere.
  ...(nodeSqlite === undefined ? [] : [sqliteDriver('node:sqlite', (path) => new nodeSqlite.DatabaseSync(path))]),
];
