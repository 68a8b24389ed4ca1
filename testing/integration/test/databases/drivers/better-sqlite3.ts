import type BetterSqlite3 from 'better-sqlite3';
import type { Driver, Row } from '../driver.js';
import { sqliteDatabase } from './sqlite-file.js';

/** Why {@link loadBetterSqlite3} gave undefined. */
export const betterSqlite3SkipReason =
  'better-sqlite3 cannot be loaded: its library is downloaded, or compiled, for one version of Node as it is installed';

/** Gives undefined where the driver's library could neither be downloaded nor compiled, or is for another Node. */
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
    skipReason: Database ? undefined : betterSqlite3SkipReason,
    bytesAs: 'Buffer',
    returning: ['insert', 'update'],
    hasResultHook: false,
    createDatabase: () =>
      sqliteDatabase((path) => {
        if (Database === undefined) throw new Error(betterSqlite3SkipReason);
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
