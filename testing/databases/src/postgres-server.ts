import { startEmbeddedPostgres } from './embedded-postgres.js';
import { withPostgresClient } from './postgres-client.js';
import { findRunningServer, type ServerKind } from './running-server.js';
import { type TestServer, testServer } from './test-server.js';

const postgres: ServerKind = {
  name: 'PostgreSQL',
  variable: 'SQLCRYPTER_TEST_POSTGRES',
  scheme: { protocols: ['postgres:', 'postgresql:'], port: 5432, user: 'postgres' },
  login: (address) => withPostgresClient(address, (client) => client.query('SELECT 1')),
};

export interface StartPostgresOptions {
  /** Starts a server even where there is one that could be used. Default: false. */
  embedded?: boolean;
  /** Told in one line which server is used. */
  log?: (message: string) => void;
}

/**
 * Gives a PostgreSQL server: the one that `SQLCRYPTER_TEST_POSTGRES` names (a URL), else the one at 127.0.0.1:5432 if
 * it lets `postgres` in without a password, else one that is started for this run and ends with this process, however
 * that ends. Databases are in UTF-8 with the collation C.
 *
 * @throws TestDatabaseError `CONFIG` or `UNREACHABLE` when the variable is set but of no use; `START_FAILED` when the
 * server that is started here does not come up
 */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<TestServer> {
  const { embedded = false, log = () => {} } = options;
  const server = (embedded ? undefined : await findRunningServer(postgres)) ?? (await startEmbeddedPostgres());
  const { host, port } = server.connection;
  log(`PostgreSQL at ${host}:${port} (${server.source})`);
  const run = (sql: string) => withPostgresClient(server.connection, (client) => client.query(sql));
  return testServer(server, {
    protocol: 'postgres:',
    // Unlike template1, template0 allows any encoding, and is never in use.
    create: (name) => run(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'`),
    drop: (name) => run(`DROP DATABASE ${name} WITH (FORCE)`),
  });
}
