import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type NamedBytes, readServerFiles } from './database-files.js';
import type { TestDatabase } from './test-server.js';

/** The write-ahead log from some moment on. */
export interface KeptWal {
  /**
   * The log's files since then, 16 MB each. Every change passes through them, of all databases of the server; backups
   * and replicas are made of them.
   */
  files(): Promise<NamedBytes[]>;
  /** Lets the server throw them away. */
  stop(): Promise<void>;
}

/**
 * Keeps the server's write-ahead log from now on, as a replica that is behind would: without that, any checkpoint of
 * any database may throw away what was just written. The database's user must be a superuser.
 */
export async function keepWal(database: TestDatabase): Promise<KeptWal> {
  const client = new pg.Client(database.connection);
  client.on('error', () => {});
  await client.connect();
  try {
    const slot = `sqlcrypter_test_${randomBytes(8).toString('hex')}`;
    // A temporary slot ends with its connection, whatever becomes of this process.
    await client.query('SELECT pg_create_physical_replication_slot($1, true, true)', [slot]);
    const { rows } = await client.query<{ file: string }>('SELECT pg_walfile_name(pg_current_wal_lsn()) AS file');
    const first = rows[0]?.file ?? '';
    return {
      files: async () => {
        // Files above the current one are old ones, renamed for use to come.
        const { rows } = await client.query<{ path: string; relation: null }>(
          `SELECT 'pg_wal/' || name AS path, NULL AS relation FROM pg_ls_waldir()
           WHERE name ~ '^[0-9A-F]{24}$' AND name BETWEEN $1 AND pg_walfile_name(pg_current_wal_lsn())
           ORDER BY name`,
          [first],
        );
        return readServerFiles(client, rows);
      },
      stop: () => client.end(),
    };
  } catch (error) {
    await client.end();
    throw error;
  }
}
