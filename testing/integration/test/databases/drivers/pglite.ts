import { PGlite, type Transaction } from '@electric-sql/pglite';
import { type Driver, numbered, type Run, runAll, settle } from '../driver.js';

const bytea = 17;

/** One instance takes seconds to start, so databases of a test file have it one after the other. */
let instance: Promise<PGlite> | undefined;

/** PostgreSQL in this process; a connection to its one database is the instance itself. */
export const pgliteDriver: Driver = {
  name: 'PGlite',
  dialect: 'postgres',
  bytesAs: 'Uint8Array',
  returning: ['insert', 'update'],
  hasResultHook: true,
  async createDatabase() {
    instance ??= PGlite.create();
    const database = await instance;
    return {
      async connect({ onBytes } = {}) {
        const parsers = onBytes && { parsers: { [bytea]: onBytes } };
        const runOn =
          (queries: PGlite | Transaction): Run =>
          async (sql, parameters = []) =>
            (await queries.query<Record<string, unknown>>(numbered(sql), [...parameters], parsers)).rows;
        return {
          run: runOn(database),
          transaction: (statements, end) =>
            settle(database.transaction((transaction) => runAll(runOn(transaction), statements, end))),
          close: async () => {},
        };
      },
      async [Symbol.asyncDispose]() {
        await database.exec('drop schema public cascade; create schema public');
      },
    };
  },
};
