import { type Connection, createConnection } from 'mysql2/promise';
import { startInstalledMariadb } from './installed-mariadb.js';
import { findRunningServer, type ServerKind } from './running-server.js';
import type { ServerAddress } from './server-address.js';
import { type TestServer, testServer } from './test-server.js';

const connectMilliseconds = 5_000;

const mariadb: ServerKind = {
  name: 'MariaDB',
  variable: 'SQLCRYPTER_TEST_MARIADB',
  scheme: { protocols: ['mariadb:', 'mysql:'], port: 3306, user: 'root' },
  login: (address) => withConnection(address, (connection) => connection.query('SELECT 1')),
};

/** Why {@link startMariadb} gave undefined, for the report of skipped tests. */
export const mariadbSkipReason: string =
  'no MariaDB: SQLCRYPTER_TEST_MARIADB is not set, none at 127.0.0.1:3306 lets root in without a password, ' +
  'and mariadbd is not installed';

export interface StartMariadbOptions {
  /** Starts a server even where there is one that could be used. Default: false. */
  embedded?: boolean;
}

/**
 * Gives a MariaDB server: the one that `SQLCRYPTER_TEST_MARIADB` names (a URL), else the one at 127.0.0.1:3306 if it
 * lets `root` in without a password, else one that is started for this run from the programs installed on this machine
 * and ends with this process. Databases are in utf8mb4.
 *
 * @returns undefined where there is none of these; tests that need it are then skipped with {@link mariadbSkipReason}
 * @throws TestDatabaseError `CONFIG` or `UNREACHABLE` when the variable is set but of no use; `START_FAILED` when the
 * server that is started here does not come up
 */
export async function startMariadb({ embedded = false }: StartMariadbOptions = {}): Promise<TestServer | undefined> {
  const server = (embedded ? undefined : await findRunningServer(mariadb)) ?? (await startInstalledMariadb());
  if (server === undefined) return undefined;
  const run = (sql: string) => withConnection(server.connection, (connection) => connection.query(sql));
  return testServer(server, {
    protocol: 'mysql:',
    create: (name) => run(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`),
    drop: (name) => run(`DROP DATABASE ${name}`),
  });
}

async function withConnection<T>(address: ServerAddress, use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await createConnection({ ...address, connectTimeout: connectMilliseconds });
  try {
    return await use(connection);
  } finally {
    await connection.end();
  }
}
