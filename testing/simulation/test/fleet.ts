import { KMSClient } from '@aws-sdk/client-kms';
import { type AwsKmsCrypterer, type AwsKmsCryptererOptions, createAwsKmsCrypterer } from '@sqlcrypter/awskms';
import { createKeyTable, type KeyTable, keyTableSql } from '@sqlcrypter/key-table';
import { type LocalKms, startLocalKms } from '@sqlcrypter/local-kms';
import { startPostgres, type TestDatabase, type TestServer } from '@sqlcrypter/test-databases';
import pg from 'pg';
import { afterAll, afterEach, beforeAll } from 'vitest';

const endings: (() => unknown)[] = [];

/** Runs when the test ends, last come first served. */
export function whenTestEnds(work: () => unknown): void {
  endings.push(work);
}

let server: TestServer;

beforeAll(async () => {
  server = await startPostgres();
});

afterEach(async () => {
  for (const work of endings.splice(0).reverse()) await work();
});

afterAll(() => server?.stop());

/** PostgreSQL with a key table, a KMS over HTTP, and any number of processes. */
export interface Fleet {
  readonly database: TestDatabase;
  readonly pool: pg.Pool;
  readonly table: KeyTable;
  readonly kms: LocalKms;
  readonly client: KMSClient;
  start(options?: Partial<AwsKmsCryptererOptions>): Promise<AwsKmsCrypterer>;
}

/** A pool that ends with the test. */
export function openPool(database: Pick<TestDatabase, 'connection'>): pg.Pool {
  const pool = new pg.Pool({ ...database.connection, max: 8 });
  // Dropping the database may end a connection before its end() has been answered.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  whenTestEnds(() => pool.ended || pool.end());
  return pool;
}

export async function newDatabase(): Promise<TestDatabase> {
  const database = await server.createDatabase('fleet');
  whenTestEnds(() => database.drop());
  return database;
}

export function clientOf(kms: LocalKms): KMSClient {
  const client = new KMSClient({
    endpoint: kms.endpoint,
    region: kms.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  whenTestEnds(() => client.destroy());
  return client;
}

export async function newFleet(): Promise<Fleet> {
  const database = await newDatabase();
  const kms = await startLocalKms({ authenticateArn: true });
  whenTestEnds(() => kms.close());
  const client = clientOf(kms);
  const pool = openPool(database);
  for (const statement of keyTableSql('postgres')) await pool.query(statement);
  const table = createKeyTable({ pg: pool });
  return {
    database,
    pool,
    table,
    kms,
    client,
    async start(options = {}) {
      const keyId = kms.arnOf('alias/sqlcrypter');
      const crypterer = await createAwsKmsCrypterer({
        client,
        keyId,
        store: table,
        requestTimeout: 20_000,
        ...options,
      });
      whenTestEnds(() => crypterer.close());
      return crypterer;
    },
  };
}
