import Libsql from 'libsql';
import type { Driver, Row } from '../driver.js';
import { sqliteDatabase } from './sqlite-file.js';

export const libsqlDriver: Driver = {
  name: 'libsql',
  dialect: 'sqlite',
  bytesAs: 'ArrayBuffer',
  returning: ['insert', 'update'],
  hasResultHook: false,
  createDatabase: () =>
    sqliteDatabase((path) => {
      const database = new Libsql(path);
      return {
        run(sql, parameters) {
          const statement = database.prepare(sql);
          // Always a list: a parameter that stands alone and is an object ends the process.
          if (statement.reader) return statement.all([...parameters]) as Row[];
          statement.run([...parameters]);
          return [];
        },
        transaction: (work) => database.transaction(work)(),
        close: () => database.close(),
      };
    }),
};
