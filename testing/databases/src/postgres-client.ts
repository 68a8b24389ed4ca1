import pg from 'pg';
import type { ServerAddress } from './server-address.js';

const connectMilliseconds = 5_000;

/** Connects, hands the client to `use`, and disconnects whatever comes of it. */
export async function withPostgresClient<T>(
  address: ServerAddress & { database?: string },
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ database: 'postgres', ...address, connectionTimeoutMillis: connectMilliseconds });
  // A connection that breaks rejects the running query; without a listener it would also end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end();
  }
}
