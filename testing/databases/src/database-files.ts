import type pg from 'pg';
import { withPostgresClient } from './postgres-client.js';
import type { TestDatabase } from './test-server.js';

/** Bytes to search, and what they are called in a finding. */
export interface NamedBytes {
  name: string;
  bytes: Uint8Array;
}

/**
 * Every file of the database as it lies on the server's disk after a checkpoint: tables, indexes, TOAST, and the
 * system's catalogs, whose statistics hold sampled values. The server reads them, so its user must be a superuser;
 * this process needs no access to the disk. About 10 MB for an empty database.
 */
export function databaseFiles(database: TestDatabase): Promise<NamedBytes[]> {
  return withPostgresClient(database.connection, async (client) => {
    await client.query('CHECKPOINT');
    const { rows } = await client.query<{ path: string; relation: string | null }>(`
      SELECT folder || '/' || file AS path,
             pg_filenode_relation(0, substring(file FROM '^[0-9]+')::oid)::regclass::text AS relation
      FROM (SELECT 'base/' || oid AS folder FROM pg_database WHERE datname = current_database()) AS place,
           pg_ls_dir(folder) AS file
      ORDER BY path`);
    return readFiles(client, rows);
  });
}

/**
 * The server's write-ahead log since the database was created: every change passes through it, and backups and replicas
 * are made of it. Holds the changes of all databases of the server. 16 MB for each file.
 */
export function walFiles(database: TestDatabase): Promise<NamedBytes[]> {
  return withPostgresClient(database.connection, async (client) => {
    await client.query('CHECKPOINT');
    // Files above the current one are old ones, renamed for use to come.
    const { rows } = await client.query<{ path: string; relation: null }>(`
      SELECT 'pg_wal/' || name AS path, NULL AS relation
      FROM pg_database, pg_stat_file('base/' || oid || '/PG_VERSION') AS creation, pg_ls_waldir() AS wal
      WHERE datname = current_database() AND name ~ '^[0-9A-F]{24}$'
        AND wal.modification >= creation.modification AND name <= pg_walfile_name(pg_current_wal_lsn())
      ORDER BY name`);
    return readFiles(client, rows);
  });
}

// One query for each file: an answer holds a file in memory several times over.
async function readFiles(client: pg.Client, files: { path: string; relation: string | null }[]): Promise<NamedBytes[]> {
  const read: NamedBytes[] = [];
  for (const { path, relation } of files) {
    // Files of dropped relations may go while others are read: `true` gives NULL for them.
    const { rows } = await client.query<{ bytes: Buffer | null }>(
      'SELECT pg_read_binary_file($1, 0, (pg_stat_file($1, true)).size, true) AS bytes',
      [path],
    );
    const bytes = rows[0]?.bytes;
    if (bytes) read.push({ name: relation === null ? path : `${path} (${relation})`, bytes });
  }
  return read;
}
