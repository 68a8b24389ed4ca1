import type { Driver, Row } from '../database.js';

/** What is used of a database of `better-sqlite3`, `libsql` or `node:sqlite`. */
export interface PreparingSqliteHandle {
  // biome-ignore lint/suspicious/noExplicitAny: parameter and row types differ by driver
  prepare(sql: string): { all(...parameters: any[]): any; run(...parameters: any[]): any };
}

/** What is used of a database of `node-sqlite3-wasm`. */
export interface AllSqliteHandle {
  // biome-ignore lint/suspicious/noExplicitAny: parameter and row types differ by version
  all(sql: string, parameters: any[]): any;
}

export type SqliteHandle = PreparingSqliteHandle | AllSqliteHandle;

export function sqliteDriver(handle: SqliteHandle): Driver {
  // node-sqlite3-wasm has prepare() too, and its statements must be finalized by hand.
  if ('all' in handle) {
    return { dialect: 'sqlite', query: async (sql, parameters) => handle.all(sql, [...parameters]) as Row[] };
  }
  // Everywhere but in node:sqlite a list: libsql takes a parameter that stands alone for an object of names.
  const listed = handle.constructor.name !== 'DatabaseSync';
  return {
    dialect: 'sqlite',
    async query(sql, parameters) {
      const statement = handle.prepare(sql);
      const given = listed ? [[...parameters]] : parameters;
      if (sql.startsWith('SELECT')) return statement.all(...given) as Row[];
      statement.run(...given);
      return [];
    },
  };
}
