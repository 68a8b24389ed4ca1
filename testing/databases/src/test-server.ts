import { testDatabaseName } from './database-name.js';
import type { FoundServer } from './found-server.js';
import { type DatabaseAddress, databaseUrl } from './server-address.js';

/** A database server for tests. */
export interface TestServer extends FoundServer {
  /**
   * Creates an empty database.
   *
   * @param prefix 1 to 20 of the characters `a-z`, `0-9`, `_`
   */
  createDatabase(prefix: string): Promise<TestDatabase>;
  /** Stops the server if it was started for this run, else drops what is left of the databases made here. */
  stop(): Promise<void>;
}

/** A database of its own for one test. */
export interface TestDatabase {
  readonly name: string;
  /** Holds the password, if there is one. */
  readonly url: string;
  /** Options for `pg` and `postgres`, or for `mysql2`. */
  readonly connection: DatabaseAddress;
  /** Drops the database, also while connections to it are open. Does nothing the second time. */
  drop(): Promise<void>;
}

/** How databases are made on one kind of server. */
export interface DatabaseCommands {
  /** The scheme of the databases' URLs, with its colon. */
  protocol: string;
  create(name: string): Promise<unknown>;
  drop(name: string): Promise<unknown>;
}

/** Adds databases to a server, and keeps track of them. */
export function testServer(server: FoundServer, { protocol, create, drop }: DatabaseCommands): TestServer {
  const names = new Set<string>();
  const dropOnce = async (name: string): Promise<void> => {
    if (names.delete(name)) await drop(name);
  };
  return {
    ...server,
    async createDatabase(prefix) {
      const name = testDatabaseName(prefix);
      await create(name);
      names.add(name);
      const connection = { ...server.connection, database: name };
      return { name, url: databaseUrl(protocol, connection), connection, drop: () => dropOnce(name) };
    },
    async stop() {
      if (server.stop) await server.stop();
      else for (const name of names) await dropOnce(name);
    },
  };
}
