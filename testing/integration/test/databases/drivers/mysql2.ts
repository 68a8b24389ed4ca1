import { mariadbSkipReason, type TestServer } from '@sqlcrypter/test-databases';
import { createConnection, type ExecuteValues, type RowDataPacket } from 'mysql2/promise';
import { type Driver, type Run, runAll, settle } from '../driver.js';

/** `query` writes values into the text of the statement, `execute` sends them apart from it. */
export function mysql2Driver(server: TestServer | undefined, method: 'query' | 'execute'): Driver {
  return {
    name: `mysql2, ${method}`,
    dialect: 'mysql',
    skipReason: server ? undefined : mariadbSkipReason,
    bytesAs: 'Buffer',
    returning: ['insert'],
    hasResultHook: true,
    async createDatabase() {
      if (server === undefined) throw new Error(mariadbSkipReason);
      const database = await server.createDatabase('mysql2');
      return {
        async connect({ onBytes } = {}) {
          const connection = await createConnection({
            ...database.connection,
            typeCast: (_field, next) => {
              const value = next();
              return onBytes !== undefined && value instanceof Buffer ? onBytes(value) : value;
            },
          });
          const run: Run = async (sql, parameters = []) => {
            const values = [...parameters];
            const [rows] = await (method === 'query'
              ? connection.query<RowDataPacket[]>(sql, values)
              : connection.execute<RowDataPacket[]>(sql, values as ExecuteValues));
            return Array.isArray(rows) ? rows : [];
          };
          return {
            run,
            async transaction(statements, end) {
              await connection.beginTransaction();
              await settle(runAll(run, statements, end));
              await connection[end]();
            },
            close: () => connection.end(),
          };
        },
        [Symbol.asyncDispose]: () => database.drop(),
      };
    },
  };
}
