import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, Rollback, type Row, type Session, type Statement } from '../driver.js';

/** What the drivers of SQLite have in common: they do everything at once, without Promises. */
export interface SqliteConnection {
  run(sql: string, parameters: readonly unknown[]): Row[];
  /** Calls `work` in a transaction that commits, or rolls back when it throws. */
  transaction(work: () => void): void;
  close(): void;
}

/** A database in a temporary folder of its own. */
export async function sqliteDatabase(connect: (path: string) => SqliteConnection): Promise<Database> {
  const folder = await mkdtemp(join(tmpdir(), 'sqlcrypter-sqlite-'));
  return {
    async connect() {
      const connection = connect(join(folder, 'database.sqlite'));
      // The data does not outlive the test, so there is no crash to be safe from.
      connection.run('pragma synchronous = off', []);
      return sessionOf(connection);
    },
    async contents() {
      const names = await readdir(folder, { withFileTypes: true });
      const files = names.filter((entry) => entry.isFile());
      return Promise.all(files.map(async ({ name }) => ({ name, bytes: await readFile(join(folder, name)) })));
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

function sessionOf(connection: SqliteConnection): Session {
  return {
    run: async (sql, parameters = []) => connection.run(sql, parameters),
    async transaction(statements: readonly Statement[], end) {
      try {
        connection.transaction(() => {
          for (const { sql, parameters = [] } of statements) connection.run(sql, parameters);
          if (end === 'rollback') throw new Rollback();
        });
      } catch (error) {
        if (!(error instanceof Rollback)) throw error;
      }
    },
    close: async () => connection.close(),
  };
}

/** A transaction of a driver that leaves BEGIN and COMMIT to the application. */
export function transactionBy(exec: (sql: string) => void): (work: () => void) => void {
  return (work) => {
    exec('BEGIN');
    try {
      work();
      exec('COMMIT');
    } catch (error) {
      exec('ROLLBACK');
      throw error;
    }
  };
}
