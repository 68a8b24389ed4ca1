import type { Driver, Row } from '../driver.js';
import { sqliteDatabase, transactionBy } from './sqlite-file.js';

/** The part of `node:sqlite` in use here; the types of the oldest Node have none of it. */
interface NodeSqlite {
  DatabaseSync: new (
    path: string,
  ) => {
    exec(sql: string): void;
    prepare(sql: string): { all(...parameters: unknown[]): Row[] };
    close(): void;
  };
}

/** undefined where this Node has no SQLite. */
export function nodeSqliteDriver(): Driver | undefined {
  const sqlite = process.getBuiltinModule('node:sqlite') as NodeSqlite | undefined;
  if (sqlite === undefined) return undefined;
  return {
    name: 'node:sqlite',
    dialect: 'sqlite',
    bytesAs: 'Uint8Array',
    returning: ['insert', 'update'],
    hasResultHook: false,
    createDatabase: () =>
      sqliteDatabase((path) => {
        const database = new sqlite.DatabaseSync(path);
        return {
          run: (sql, parameters) => database.prepare(sql).all(...parameters),
          transaction: transactionBy((sql) => database.exec(sql)),
          close: () => database.close(),
        };
      }),
  };
}
