import type { TestServer } from '@sqlcrypter/test-databases';
import postgres from 'postgres';
import { type Driver, numbered, type Run, runAll, settle } from '../driver.js';

const bytea = 17;

export function postgresJsDriver(server: TestServer): Driver {
  return {
    name: 'postgres',
    dialect: 'postgres',
    bytesAs: 'Buffer',
    returning: ['insert', 'update'],
    hasResultHook: true,
    async createDatabase() {
      const database = await server.createDatabase('postgres_js');
      return {
        async connect({ onBytes } = {}) {
          const serialize = (value: Uint8Array) => `\\x${Buffer.from(value).toString('hex')}`;
          const types = onBytes && { bytes: { to: bytea, from: [bytea], serialize, parse: onBytes } };
          const sql = postgres(database.url, { max: 1, onnotice: () => {}, ...(types && { types }) });
          const runOn =
            (queries: postgres.Sql): Run =>
            async (text, parameters = []) => [...(await queries.unsafe(numbered(text), [...parameters] as never[]))];
          return {
            run: runOn(sql as postgres.Sql),
            transaction: (statements, end) =>
              settle(sql.begin((transaction) => runAll(runOn(transaction as never), statements, end))),
            close: () => sql.end(),
          };
        },
        [Symbol.asyncDispose]: () => database.drop(),
      };
    },
  };
}
