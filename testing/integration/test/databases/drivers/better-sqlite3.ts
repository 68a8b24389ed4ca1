import type BetterSqlite3 from 'better-sqlite3';
import type { Driver, Row } from '../driver.js';
import { sqliteDatabase } from './sqlite-file.js';

/** Its library is compiled where none can be downloaded: it is absent where neither works. */
export async function loadBetterSqlite3(): Promise<typeof BetterSqlite3 | undefined> {
  try {
    const { default: Database } = await import('better-sqlite3');
    new Database(':memory:').close();
    return Database;
  } catch {
    return undefined;
  }
}

export function betterSqlite3Driver(Database: typeof BetterSqlite3 | undefined): Driver {
  return {
    name: 'better-sqlite3',
    dialect: 'sqlite',
    skipReason: Database ? undefined : 'better-sqlite3 is not built: it needs a download or a C++ compiler',
    bytesAs: 'Buffer',
    returning: ['insert', 'update'],
    hasResultHook: false,
    createDatabase: () =>
      sqliteDatabase((path) => {
        if (Database === undefined) throw new Error('not built');
        const database = new Database(path);
        return {
          run(sql, parameters) {
            const statement = database.prepare<unknown[], Row>(sql);
            if (statement.reader) return statement.all([...parameters]);
            statement.run([...parameters]);
            return [];
          },
          transaction: (work) => database.transaction(work)(),
          close: () => database.close(),
        };
      }),
  };
}
