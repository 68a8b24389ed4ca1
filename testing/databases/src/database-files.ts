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
    return readServerFiles(client, rows);
  });
}

/** Files by their paths below the server's data folder. One query for each: an answer holds a file several times over. */
export async function readServerFiles(
  client: pg.Client,
  files: { path: string; relation: string | null }[],
): Promise<NamedBytes[]> {
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
