import { mariadbSkipReason, type TestServer } from '@sqlcrypter/test-databases';
import { createConnection, type TypeCastResult } from 'mariadb';
import { type Driver, type Row, type Run, runAll, settle } from '../driver.js';

export function mariadbDriver(server: TestServer | undefined): Driver {
  return {
    name: 'mariadb',
    dialect: 'mysql',
    skipReason: server ? undefined : mariadbSkipReason,
    bytesAs: 'Buffer',
    returning: ['insert'],
    hasResultHook: true,
    async createDatabase() {
      if (server === undefined) throw new Error(mariadbSkipReason);
      const database = await server.createDatabase('mariadb');
      return {
        async connect({ onBytes } = {}) {
          const connection = await createConnection({
            ...database.connection,
            typeCast: (_field, next) => {
              const value = next();
              return onBytes !== undefined && value instanceof Buffer ? (onBytes(value) as TypeCastResult) : value;
            },
          });
          const run: Run = async (sql, parameters = []) => {
            const rows: unknown = await connection.query(sql, [...parameters]);
            return Array.isArray(rows) ? [...(rows as Row[])] : [];
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
