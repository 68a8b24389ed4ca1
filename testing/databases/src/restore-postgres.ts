import { spawn } from 'node:child_process';
import { once } from 'node:events';
import pg from 'pg';
import type { Dump } from './dump-postgres.js';
import { withPostgresClient } from './postgres-client.js';
import type { TestDatabase } from './test-server.js';

/**
 * Restores what `dumpPostgres` gave into an empty database: with `psql`, or with COPY where the dump was made by COPY.
 *
 * @param schema the statements that create the tables, which a dump by COPY does not have.
 */
export async function restorePostgres(
  { tool, text }: Dump,
  database: TestDatabase,
  schema: readonly string[],
): Promise<void> {
  if (tool === 'pg_dump') return psql(text, database);
  await withPostgresClient(database.connection, async (client) => {
    for (const statement of schema) await client.query(statement);
    for (const part of text.split(/^-- /m).slice(1)) {
      const end = part.indexOf('\n');
      await copyIn(client, part.slice(0, end), part.slice(end + 1).replace(/\n\n$/, '\n'));
    }
  });
}

async function psql(text: string, { connection }: TestDatabase): Promise<void> {
  const { host, port, user, password, database } = connection;
  const args = ['--no-psqlrc', '--quiet', '--set', 'ON_ERROR_STOP=1', '--host', host, '--port', String(port)];
  const child = spawn('psql', [...args, '--username', user, database], {
    env: { ...process.env, PGPASSWORD: password },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin.end(text);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`psql ended with ${code}`);
}

function copyIn(client: pg.Client, table: string, rows: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const query = new pg.Query(`COPY ${table} FROM STDIN`);
    Object.assign(query, {
      handleCopyInResponse(connection: { sendCopyFromChunk(chunk: Buffer): void; endCopyFrom(): void }) {
        connection.sendCopyFromChunk(Buffer.from(rows));
        connection.endCopyFrom();
      },
    });
    query.once('end', () => resolve());
    query.once('error', reject);
    client.query(query);
  });
}
