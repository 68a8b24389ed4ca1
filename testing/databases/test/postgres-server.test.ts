import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startPostgres, type TestServer } from '../src/index.js';
import { withPostgresClient } from '../src/postgres-client.js';
import { findRunningServer } from '../src/running-server.js';

const variable = 'SQLCRYPTER_TEST_POSTGRES';
let embedded: TestServer;

beforeAll(async () => {
  embedded = await startPostgres({ embedded: true });
});
afterAll(() => embedded?.stop());
afterEach(() => {
  vi.unstubAllEnvs();
});

const urlOf = ({ user, password, host, port }: TestServer['connection']) =>
  `postgres://${user}:${password}@${host}:${port}/`;

async function databasesOf(server: TestServer): Promise<string[]> {
  const { rows } = await withPostgresClient(server.connection, (client) =>
    client.query<{ datname: string }>('SELECT datname FROM pg_database'),
  );
  return rows.map((row) => row.datname);
}

describe('the embedded server', () => {
  it('is a real PostgreSQL that listens on 127.0.0.1 alone', async () => {
    const { rows } = await withPostgresClient(embedded.connection, (client) =>
      client.query("SELECT version(), current_setting('listen_addresses') AS listens"),
    );
    expect(rows[0]).toMatchObject({ version: expect.stringMatching(/^PostgreSQL \d+/), listens: '127.0.0.1' });
    expect(embedded.source).toBe('embedded');
  });

  it('asks for its password', async () => {
    const { password: _, ...connection } = embedded.connection;
    await expect(withPostgresClient(connection, (client) => client.query('SELECT 1'))).rejects.toThrow(/password/);
  });

  it('is gone with all its files once stopped', async () => {
    const server = await startPostgres({ embedded: true });
    const dataDirectory = server.dataDirectory ?? '';
    expect(readdirSync(dataDirectory)).toContain('PG_VERSION');
    await server.createDatabase('left_over');
    await server.stop();
    expect(existsSync(join(dataDirectory, '..'))).toBe(false);
    await expect(withPostgresClient(server.connection, async () => {})).rejects.toThrow(/ECONNREFUSED/);
  });

  it('says in one line where it is', async () => {
    vi.stubEnv(variable, urlOf(embedded.connection));
    const lines: string[] = [];
    await startPostgres({ log: (line) => lines.push(line) });
    expect(lines).toEqual([`PostgreSQL at 127.0.0.1:${embedded.connection.port} (environment)`]);
  });
});

describe('the choice of a server', () => {
  it('takes the server that the environment names', async () => {
    vi.stubEnv(variable, urlOf(embedded.connection));
    const server = await startPostgres();
    expect(server.source).toBe('environment');
    expect(server.connection).toEqual(embedded.connection);
    await server.stop();
    expect(await databasesOf(embedded)).toContain('postgres');
  });

  it('does not fall back when that server refuses, and keeps the password to itself', async () => {
    vi.stubEnv(variable, urlOf({ ...embedded.connection, password: 'not-the-password' }));
    const error: Error = await startPostgres().catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining(variable) });
    expect(error.message).not.toContain('not-the-password');
  });

  it.each(['nonsense', 'mysql://root@127.0.0.1', 'postgres://'])('refuses %s as a URL', async (url) => {
    vi.stubEnv(variable, url);
    await expect(startPostgres()).rejects.toMatchObject({ code: 'CONFIG' });
  });

  it('takes a server at 127.0.0.1:5432 that lets postgres in, and else starts one', async () => {
    vi.stubEnv(variable, undefined);
    const usual = { host: '127.0.0.1', port: 5432, user: 'postgres' };
    const open = await withPostgresClient(usual, async () => true).catch(() => false);
    const server = await startPostgres();
    expect(server.source).toBe(open ? 'reachable' : 'embedded');
    const database = await server.createDatabase('choice');
    expect(await databasesOf(server)).toContain(database.name);
    await server.stop();
    if (open) expect(await databasesOf(server)).not.toContain(database.name);
  });

  it('counts a server that refuses the login as absent', async () => {
    const found = await findRunningServer({
      name: 'PostgreSQL',
      variable: 'SQLCRYPTER_TEST_UNUSED',
      scheme: { protocols: ['postgres:'], port: embedded.connection.port, user: 'postgres' },
      login: (address) => withPostgresClient(address, async () => {}),
    });
    expect(found).toBeUndefined();
  });
});

describe('a database', () => {
  it('has a name of its own that tells where it comes from', async () => {
    const [one, other] = await Promise.all([embedded.createDatabase('name'), embedded.createDatabase('name')]);
    expect(one.name).toMatch(new RegExp(`^sqlcrypter_test_name_${process.pid}_[0-9a-f]{8}$`));
    expect(other.name).not.toBe(one.name);
    await Promise.all([one.drop(), other.drop()]);
  });

  it('is reached by its URL and by its connection options', async () => {
    const database = await embedded.createDatabase('reach');
    for (const options of [{ connectionString: database.url }, database.connection]) {
      const client = new pg.Client(options);
      await client.connect();
      const { rows } = await client.query("SELECT current_database() AS name, current_setting('server_encoding')");
      await client.end();
      expect(rows).toEqual([{ name: database.name, current_setting: 'UTF8' }]);
    }
    await database.drop();
  });

  it('leaves nothing once dropped, even while a connection is open', async () => {
    const filesBefore = readdirSync(join(embedded.dataDirectory ?? '', 'base'));
    const database = await embedded.createDatabase('drop');
    const client = new pg.Client(database.connection);
    client.on('error', () => {});
    await client.connect();
    await database.drop();
    await database.drop();
    await client.end();
    expect(await databasesOf(embedded)).not.toContain(database.name);
    expect(readdirSync(join(embedded.dataDirectory ?? '', 'base'))).toEqual(filesBefore);
  });

  it.each(['', 'Upper', 'a-b', "x'; DROP", 'a'.repeat(21)])('refuses the prefix %j', async (prefix) => {
    await expect(embedded.createDatabase(prefix)).rejects.toMatchObject({ code: 'CONFIG' });
  });
});
