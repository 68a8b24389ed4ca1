import { databaseFiles, dumpPostgres, keepWal, type TestServer } from '@sqlcrypter/test-databases';
import pg from 'pg';
import { type Driver, numbered, type Run, runAll, settle } from '../driver.js';

const bytea = 17;

export function pgDriver(server: TestServer): Driver {
  return {
    name: 'pg',
    dialect: 'postgres',
    bytesAs: 'Buffer',
    returning: ['insert', 'update'],
    hasResultHook: true,
    async createDatabase() {
      const database = await server.createDatabase('pg');
      const wal = await keepWal(database);
      return {
        async connect({ onBytes } = {}) {
          const client = new pg.Client({ ...database.connection, ...(onBytes && { types: typesWith(onBytes) }) });
          await client.connect();
          const run: Run = async (sql, parameters = []) => (await client.query(numbered(sql), [...parameters])).rows;
          return {
            run,
            async transaction(statements, end) {
              await client.query('BEGIN');
              await settle(runAll(run, statements, end));
              await client.query(end);
            },
            close: () => client.end(),
          };
        },
        async contents() {
          const { tool, text } = await dumpPostgres(database);
          const dump = { name: `the dump by ${tool}`, bytes: Buffer.from(text) };
          return [dump, ...(await databaseFiles(database)), ...(await wal.files())];
        },
        async [Symbol.asyncDispose]() {
          await wal.stop();
          await database.drop();
        },
      };
    },
  };
}

/** Reads bytea through a function; its text form is `\x…`. */
function typesWith(onBytes: (value: string) => unknown): pg.CustomTypesConfig {
  return {
    getTypeParser: (oid: number, format?: 'text' | 'binary') =>
      oid === bytea ? onBytes : pg.types.getTypeParser(oid, format as 'text'),
  };
}
