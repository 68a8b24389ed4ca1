import { startMariadb, startPostgres } from '@sqlcrypter/test-databases';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database, Driver, Session } from '../driver.js';
import { betterSqlite3Driver, loadBetterSqlite3 } from '../drivers/better-sqlite3.js';
import { libsqlDriver } from '../drivers/libsql.js';
import { mariadbDriver } from '../drivers/mariadb.js';
import { mysql2Driver } from '../drivers/mysql2.js';
import { nodeSqliteDriver } from '../drivers/node-sqlite.js';
import { nodeSqlite3WasmDriver } from '../drivers/node-sqlite3-wasm.js';
import { pgDriver } from '../drivers/pg.js';
import { pgliteDriver } from '../drivers/pglite.js';
import { postgresJsDriver } from '../drivers/postgres-js.js';
import { PlainClass, secret } from './secret.js';

const postgres = await startPostgres();
const mariadb = await startMariadb();
afterAll(() => Promise.all([postgres.stop(), mariadb?.stop()]));

/** What a driver makes of a parameter: the bytes themselves, an error, or garbage that it stores without a word. */
type Fate = 'bytes' | 'an error' | RegExp;

interface Case {
  driver: Driver;
  plainClass: Fate;
  promise: Fate;
  uint8Array: Fate;
}

// A Node without SQLite has no such driver.
const nodeSqlite = nodeSqliteDriver();

const cases: Case[] = [
  { driver: pgDriver(postgres), plainClass: /^\{"ciphertext":/, promise: /^\{\}$/, uint8Array: 'bytes' },
  { driver: postgresJsDriver(postgres), plainClass: 'an error', promise: 'an error', uint8Array: 'bytes' },
  { driver: pgliteDriver, plainClass: 'an error', promise: 'an error', uint8Array: 'bytes' },
  {
    driver: mysql2Driver(mariadb, 'query'),
    plainClass: /^\[object Object\]$/,
    promise: /^\[object Promise\]$/,
    uint8Array: 'bytes',
  },
  { driver: mysql2Driver(mariadb, 'execute'), plainClass: 'an error', promise: 'an error', uint8Array: 'bytes' },
  {
    driver: mariadbDriver(mariadb),
    plainClass: /^\{"ciphertext":/,
    promise: /^\{\}$/,
    uint8Array: /^\{"0":0,"1":199,/,
  },
  { driver: nodeSqlite3WasmDriver, plainClass: 'an error', promise: 'an error', uint8Array: 'bytes' },
  {
    driver: betterSqlite3Driver(await loadBetterSqlite3()),
    plainClass: 'an error',
    promise: 'an error',
    uint8Array: 'bytes',
  },
  { driver: libsqlDriver, plainClass: 'an error', promise: 'an error', uint8Array: 'bytes' },
  ...(nodeSqlite === undefined
    ? []
    : [{ driver: nodeSqlite, plainClass: 'an error', promise: 'an error', uint8Array: 'bytes' } satisfies Case]),
];

describe.each(cases)('without a CHECK, $driver.name', ({ driver, ...fates }) => {
  // describe.each takes one set of options for all cases.
  const { skipReason } = driver;
  describe('binds', skipReason === undefined ? {} : { skip: true, meta: { skipReason } }, () => {
    let database: Database;
    let session: Session;
    let lastId = 0;

    beforeAll(async () => {
      database = await driver.createDatabase();
      session = await database.connect();
      const { column } = secret.ddl(driver.dialect, { check: false });
      await session.run(`create table unchecked (id integer primary key, ${column})`);
    });
    afterAll(async () => {
      await session?.close();
      await database?.[Symbol.asyncDispose]();
    });

    async function store(parameter: unknown): Promise<Buffer | 'an error'> {
      const id = ++lastId;
      try {
        await session.run('insert into unchecked (id, secret) values (?, ?)', [id, parameter]);
      } catch {
        return 'an error';
      }
      const [row] = await session.run('select secret from unchecked where id = ?', [id]);
      return Buffer.from(row?.secret as Uint8Array);
    }

    function check(stored: Buffer | 'an error', fate: Fate, ciphertext: Buffer): void {
      if (fate === 'bytes') expect(stored).toEqual(Buffer.from(ciphertext));
      else if (fate === 'an error') expect(stored).toBe(fate);
      else expect(Buffer.from(stored).toString('latin1')).toMatch(fate);
    }

    it('an EncryptedBytes as its bytes', async () => {
      const value = await secret.encrypt('999-00-1234');
      check(await store(value), 'bytes', value);
    });

    it(`an object with a ciphertext in it as ${fates.plainClass}`, async () => {
      const value = await secret.encrypt('999-00-1234');
      check(await store(new PlainClass(value)), fates.plainClass, value);
    });

    it(`a Promise as ${fates.promise}`, async () => {
      const promise = secret.encrypt('999-00-1234');
      check(await store(promise), fates.promise, await promise);
    });

    it(`a Uint8Array, such as structuredClone makes, as ${fates.uint8Array}`, async () => {
      const value = await secret.encrypt('999-00-1234');
      check(await store(structuredClone(value)), fates.uint8Array, value);
    });
  });
});
