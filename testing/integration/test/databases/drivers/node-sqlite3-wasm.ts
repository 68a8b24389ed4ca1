import sqlite from 'node-sqlite3-wasm';
import type { Driver, Row } from '../driver.js';
import { sqliteDatabase, transactionBy } from './sqlite-file.js';

export const nodeSqlite3WasmDriver: Driver = {
  name: 'node-sqlite3-wasm',
  dialect: 'sqlite',
  bytesAs: 'Uint8Array',
  returning: ['insert', 'update'],
  hasResultHook: false,
  createDatabase: () =>
    sqliteDatabase((path) => {
      const database = new sqlite.Database(path);
      return {
        run: (sql, parameters) => database.all(sql, [...parameters] as sqlite.JSValue[]) as Row[],
        transaction: transactionBy((sql) => database.exec(sql)),
        close: () => database.close(),
      };
    }),
};
