import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { mariadbSkipReason, startMariadb, type TestDatabase, type TestServer } from '../src/index.js';

const variable = 'SQLCRYPTER_TEST_MARIADB';
const server = await startMariadb();
// Only where MariaDB is installed, which nothing requires.
const started = await startMariadb({ embedded: true });

afterAll(() => Promise.all([server?.stop(), started?.stop()]));
afterEach(() => {
  vi.unstubAllEnvs();
});

async function query(database: TestDatabase, sql: string): Promise<unknown> {
  const connection = await createConnection(database.connection);
  try {
    const [rows] = await connection.query(sql);
    return rows;
  } finally {
    await connection.end();
  }
}

async function worksAndLeavesNothing(server: TestServer): Promise<void> {
  const kept = await server.createDatabase('kept');
  const dropped = await server.createDatabase('dropped');
  expect(await query(dropped, 'SELECT DATABASE() AS name')).toEqual([{ name: dropped.name }]);
  await dropped.drop();
  await dropped.drop();
  expect(await query(kept, `SHOW DATABASES LIKE '${dropped.name}'`)).toEqual([]);
  const connection = await createConnection(kept.url);
  await connection.end();
  await kept.drop();
}

describe('a MariaDB server', { skip: server === undefined, meta: { skipReason: mariadbSkipReason } }, () => {
  it('gives databases of their own, which are gone once dropped', async () => {
    await worksAndLeavesNothing(server as TestServer);
  });
});

if (started !== undefined) {
  describe('a MariaDB server started from installed programs', () => {
    it('gives databases of their own, and is gone with all its files once stopped', async () => {
      await worksAndLeavesNothing(started);
      await started.stop();
      expect(existsSync(join(started.dataDirectory ?? '', '..'))).toBe(false);
    });
  });
}

describe('the choice of a MariaDB server', () => {
  it('does not fall back when the server that the environment names refuses', async () => {
    vi.stubEnv(variable, 'mariadb://nobody:not-the-password@127.0.0.1:1');
    const error: Error = await startMariadb().catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining(variable) });
    expect(error.message).not.toContain('not-the-password');
  });

  it('refuses the URL of another kind of server', async () => {
    vi.stubEnv(variable, 'postgres://127.0.0.1');
    await expect(startMariadb()).rejects.toMatchObject({ code: 'CONFIG' });
  });
});
