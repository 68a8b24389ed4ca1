import { setTimeout as pause } from 'node:timers/promises';
import Libsql from 'libsql';
import { createPool } from 'mysql2/promise';
import pg from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createKeyTable } from '../src/index.js';
import { drivers, type TestDatabase } from './support/databases.js';
import { codeOf } from './support/error-code.js';
import { CREATED, newKey } from './support/keys.js';
import { loginOf } from './support/mysql-login.js';

const driver = (name: string) => drivers.find((each) => each.name === name) as (typeof drivers)[number];
const endings: (() => unknown)[] = [];

async function opened(name: string): Promise<TestDatabase> {
  const database = await driver(name).open();
  endings.push(() => database.close());
  return database;
}

afterEach(async () => {
  vi.restoreAllMocks();
  for (const end of endings.splice(0).reverse()) await end();
});

/** What a driver throws. */
const errorWith = (facts: object) => Object.assign(new Error('no'), facts);

describe('a statement that the database gave up in favour of another', () => {
  const LOST = [
    ['40001 of PostgreSQL', { code: '40001' }],
    ['40P01 of PostgreSQL', { code: '40P01' }],
    ['55P03 of PostgreSQL', { code: '55P03' }],
    ['1205 of MariaDB and MySQL', { errno: 1205 }],
    ['1213 of MariaDB and MySQL', { errno: 1213 }],
    ['1020 of MariaDB', { errno: 1020 }],
    ['SQLITE_BUSY', { code: 'SQLITE_BUSY' }],
    ['SQLITE_BUSY_SNAPSHOT', { code: 'SQLITE_BUSY_SNAPSHOT' }],
    ['SQLITE_BUSY of node:sqlite', { code: 'ERR_SQLITE_ERROR', errcode: 261 }],
    ['SQLITE_BUSY of node-sqlite3-wasm', { message: 'database is locked' }],
  ] as const;

  it.each(LOST)('is run again: %s', async (_, facts) => {
    let failures = 3;
    const query = async () => {
      if (failures-- > 0) throw errorWith(facts);
      return { rows: [] };
    };
    expect(await createKeyTable({ pg: { query } }).findLine('data', 'a')).toEqual([]);
    expect(failures).toBe(-1);
  });

  it.each(LOST)('is a race that is lost, after some times: %s', async (_, facts) => {
    const asked: string[] = [];
    const query = async (sql: string) => {
      asked.push(sql);
      if (sql.startsWith('INSERT INTO sqlcrypter_keys')) throw errorWith(facts);
      return { rows: [] };
    };
    expect(await createKeyTable({ pg: { query } }).insertPending(newKey())).toBe(false);
    expect(asked.filter((sql) => sql.startsWith('INSERT INTO sqlcrypter_keys'))).toHaveLength(6);
    // Nothing names its wraps.
    expect(asked.at(-1)).toMatch(/^DELETE FROM sqlcrypter_key_wraps/);
    const failing = createKeyTable({ pg: { query: () => Promise.reject(errorWith(facts)) } });
    expect(await codeOf(failing.findLine('data', 'a'))).toBe('KEY_STORE_UNAVAILABLE');
  });

  it('is not run again where the database itself has waited for long', async () => {
    let asked = 0;
    const query = async () => {
      asked += 1;
      const now = performance.now();
      vi.spyOn(performance, 'now').mockReturnValue(now + 50_000);
      throw errorWith({ errno: 1205 });
    };
    expect(await codeOf(createKeyTable({ pg: { query } }).findLine('data', 'a'))).toBe('KEY_STORE_UNAVAILABLE');
    expect(asked).toBe(1);
  });

  it.each([{ code: '23505' }, { errno: 1062 }, { message: 'UNIQUE constraint failed: x' }])(
    'is told from a unique index that was hit, which stays hit: %j',
    async (facts) => {
      let asked = 0;
      const query = async (sql: string) => {
        if (!sql.startsWith('INSERT INTO sqlcrypter_keys')) return { rows: [] };
        asked += 1;
        throw errorWith(facts);
      };
      expect(await createKeyTable({ pg: { query } }).insertPending(newKey())).toBe(false);
      expect(asked).toBe(1);
    },
  );
});

describe('keys that are stored at the same moment', () => {
  /** The codes that PostgreSQL answered with since. */
  function codesOfPostgres(): () => Promise<unknown[]> {
    const query = vi.spyOn(pg.Pool.prototype, 'query');
    return async () => {
      const answers = await Promise.allSettled(query.mock.results.map(({ value }) => value as unknown));
      return answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason.code] : []));
    };
  }

  it('are changed by one after the other where PostgreSQL lets no statement see what came meanwhile', async () => {
    const { options, table } = await opened('pg');
    const { pg: pool } = options as { pg: pg.Pool };
    const isolated = new pg.Pool({
      ...pool.options,
      options: '-c default_transaction_isolation=repeatable\\ read',
    });
    isolated.on('error', () => undefined);
    endings.push(() => isolated.end());
    const key = newKey({ scope: 'a' });
    await table.insertPending(key);
    const holder = await pool.connect();
    const codes = codesOfPostgres();
    try {
      await holder.query('BEGIN');
      await holder.query('UPDATE sqlcrypter_keys SET retired = 1 WHERE fingerprint = $1', [key.fingerprint]);
      const disabling = createKeyTable({ pg: isolated }).disableKey(key.fingerprint);
      await pause(300);
      await holder.query('COMMIT');
      expect(await disabling).toBe(true);
    } finally {
      holder.release();
    }
    expect(await codes()).toEqual(['40001']);
    expect(await table.findStatus([key.fingerprint])).toMatchObject([{ state: 'disabled' }]);
  });

  it('wait for a lock that another holds: PostgreSQL breaks the deadlock, and the erasing goes on', async () => {
    const { options, table } = await opened('pg');
    const { pg: pool } = options as { pg: pg.Pool };
    const [first, second] = [newKey({ scope: 'a' }), newKey({ scope: 'a' })];
    await table.insertPending(first);
    await table.activate(first.fingerprint, undefined, CREATED);
    await table.insertPending(second, first.fingerprint);
    const client = await pool.connect();
    const lock = (key: typeof first) =>
      client.query('UPDATE sqlcrypter_keys SET retired = 1 WHERE fingerprint = $1', [key.fingerprint]);
    const codes = codesOfPostgres();
    try {
      // The other gives way only to its own check for deadlocks, which comes later than that of the erasing.
      await client.query("BEGIN; SET LOCAL deadlock_timeout = '60s'");
      // Whichever row the erasing comes to first, it holds that one and waits for the other.
      await lock(second);
      const erasing = table.eraseScope('a');
      await pause(300);
      await lock(first);
      await client.query('COMMIT');
      expect(await erasing).toBe(2);
    } finally {
      client.release();
    }
    expect(await codes()).toEqual(['40P01']);
    expect((await table.find([first.fingerprint, second.fingerprint])).map(({ state }) => state)).toEqual([
      'destroyed',
      'destroyed',
    ]);
  });

  it.skipIf(driver('mysql2').skipReason !== undefined)('wait for a lock longer than MariaDB does', async () => {
    const database = await opened('mysql2');
    const { mysql2: pool } = database.options as { mysql2: ReturnType<typeof createPool> };
    const impatient = createPool({ ...loginOf(database), connectionLimit: 1 });
    endings.push(() => impatient.end());
    await impatient.query('SET SESSION innodb_lock_wait_timeout = 1');
    const table = createKeyTable({ mysql2: impatient });
    const key = newKey({ scope: 'a' });
    await table.insertPending(key);
    const holder = await pool.getConnection();
    try {
      await holder.beginTransaction();
      await holder.execute('UPDATE sqlcrypter_keys SET retired = 1 WHERE fingerprint = ?', [key.fingerprint]);
      const disabling = table.disableKey(key.fingerprint);
      await pause(1_500);
      await holder.commit();
      expect(await disabling).toBe(true);
    } finally {
      holder.release();
    }
    expect(await table.findStatus([key.fingerprint])).toMatchObject([{ state: 'disabled' }]);
  });

  it.skipIf(driver('mysql2').skipReason !== undefined)(
    'end with one in each line where MariaDB locks what it reads',
    async () => {
      const database = await opened('mysql2');
      const serializable = createPool({ ...loginOf(database), connectionLimit: 8 });
      endings.push(() => serializable.end());
      serializable.pool.on('connection', (connection) =>
        connection.query('SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE'),
      );
      const racing = createKeyTable({ mysql2: serializable });
      for (let round = 0; round < 6; round++) {
        const scope = `tenant-${round}`;
        const won = await Promise.all(Array.from({ length: 8 }, () => racing.insertPending(newKey({ scope }))));
        expect([(await database.table.findLine('data', scope)).length, won.filter(Boolean).length]).toEqual([1, 1]);
      }
    },
  );

  it('wait for a database of SQLite that another has locked', async () => {
    const { options, table } = await opened('libsql');
    const { sqlite } = options as unknown as { sqlite: InstanceType<typeof Libsql> };
    sqlite.exec('PRAGMA busy_timeout = 0');
    const other = new Libsql(sqlite.name);
    endings.push(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    const key = newKey({ scope: 'a' });
    const storing = table.insertPending(key);
    await pause(40);
    other.exec('COMMIT');
    expect(await storing).toBe(true);
    expect(await table.find([key.fingerprint])).toMatchObject([{ state: 'pending', wraps: key.wraps }]);
  });
});
