import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import pg from 'pg';
import { withPostgresClient } from './postgres-client.js';
import type { DatabaseAddress } from './server-address.js';
import type { TestDatabase } from './test-server.js';

const largestDump = 1024 ** 3;

/** A database as text. */
export interface Dump {
  /** `copy` where there is no `pg_dump`, or only one that is too old for the server. */
  tool: 'pg_dump' | 'copy';
  /** bytea values are in it as lower-case hex. */
  text: string;
}

/** Dumps the database with `pg_dump`, else with COPY of every table. At most 1 GiB. */
export async function dumpPostgres(database: TestDatabase): Promise<Dump> {
  const text = await pgDump(database.connection);
  return text === undefined ? { tool: 'copy', text: await copyTables(database) } : { tool: 'pg_dump', text };
}

async function pgDump({ host, port, user, password, database }: DatabaseAddress): Promise<string | undefined> {
  const args = ['--no-password', '--host', host, '--port', String(port), '--username', user, database];
  // In the environment, unlike in the arguments, other users of the machine do not see the password.
  const env = { ...process.env, PGPASSWORD: password };
  try {
    return (await promisify(execFile)('pg_dump', args, { env, maxBuffer: largestDump })).stdout;
  } catch {
    return undefined;
  }
}

function copyTables(database: TestDatabase): Promise<string> {
  return withPostgresClient(database.connection, async (client) => {
    const { rows } = await client.query<{ name: string }>(`
      SELECT format('%I.%I', nspname, relname) AS name
      FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
      WHERE relkind IN ('r', 'm') AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'
      ORDER BY name`);
    const parts: string[] = [];
    for (const { name } of rows) parts.push(`-- ${name}\n${await copyOut(client, name)}`);
    return parts.join('\n');
  });
}

function copyOut(client: pg.Client, table: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const query = new pg.Query(`COPY (SELECT * FROM ${table}) TO STDOUT`);
    // pg hands the data of a COPY to this method of the query, and drops it by default. It uses a chunk's memory again.
    Object.assign(query, { handleCopyData: ({ chunk }: { chunk: Buffer }) => chunks.push(Buffer.from(chunk)) });
    query.once('end', () => resolve(Buffer.concat(chunks).toString()));
    query.once('error', reject);
    client.query(query);
  });
}
