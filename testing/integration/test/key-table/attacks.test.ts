import { createAesKeyService, generateKey } from '@sqlcrypter/aes';
import { type ErrorCode, SqlcrypterError } from '@sqlcrypter/core';
import { createEnvelopeCrypterer, type EnvelopeCrypterer } from '@sqlcrypter/envelope';
import { createKeyTable, type KeyTable, type KeyTableDialect, keyTableSql } from '@sqlcrypter/key-table';
import { mariadbSkipReason, startMariadb, startPostgres } from '@sqlcrypter/test-databases';
import { createPool } from 'mysql2/promise';
import sqlite from 'node-sqlite3-wasm';
import pg from 'pg';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const text = Buffer.from('999-00-1234');
const DAY = 86_400_000;
const keyOf = (value: Buffer) => value.toString('hex', 4, 20);

interface Attacked {
  readonly table: KeyTable;
  run(sql: string): Promise<unknown>;
  close(): Promise<unknown>;
}

const postgres = await startPostgres();
const mariadb = await startMariadb();
afterAll(async () => {
  await postgres.stop();
  await mariadb?.stop();
});

const databases: { name: KeyTableDialect; skip: string | undefined; open: () => Promise<Attacked> }[] = [
  {
    name: 'postgres',
    skip: undefined,
    async open() {
      const database = await postgres.createDatabase('attacks');
      const pool = new pg.Pool(database.connection);
      pool.on('error', () => undefined);
      const close = () => pool.end().then(() => database.drop());
      return { table: createKeyTable({ pg: pool }), run: (sql) => pool.query(sql), close };
    },
  },
  {
    name: 'mysql',
    skip: mariadb === undefined ? mariadbSkipReason : undefined,
    async open() {
      if (mariadb === undefined) throw new Error(mariadbSkipReason);
      const database = await mariadb.createDatabase('attacks');
      const pool = createPool(database.connection);
      const close = () => pool.end().then(() => database.drop());
      return { table: createKeyTable({ mysql2: pool }), run: (sql) => pool.query(sql), close };
    },
  },
  {
    name: 'sqlite',
    skip: undefined,
    async open() {
      const database = new sqlite.Database(':memory:');
      const close = async () => database.close();
      return { table: createKeyTable({ sqlite: database }), run: async (sql) => database.exec(sql), close };
    },
  },
];

async function codeOf(call: Promise<unknown>): Promise<ErrorCode | 'no error'> {
  return call.then(
    () => 'no error',
    (error) => {
      if (SqlcrypterError.is(error)) return error.code;
      throw error;
    },
  );
}

for (const { name, skip, open } of databases) {
  describe.skipIf(skip !== undefined)(
    `somebody who writes to the key table in ${name}${skip ? ` (${skip})` : ''}`,
    () => {
      let attacked: Attacked;
      let values: { readonly a: Buffer; readonly b: Buffer };
      const service = generateKey();
      const endings: EnvelopeCrypterer[] = [];

      async function start(): Promise<EnvelopeCrypterer> {
        const crypterer = await createEnvelopeCrypterer(createAesKeyService({ key: service }), {
          store: attacked.table,
        });
        endings.push(crypterer);
        return crypterer;
      }
      const literal = (hex: string) => (name === 'postgres' ? `'\\x${hex}'::bytea` : `x'${hex}'`);
      const row = (value: Buffer) => `fingerprint = ${literal(keyOf(value))}`;
      const wrapOf = async (value: Buffer) =>
        (await attacked.table.find([value.subarray(4, 20)])).find(({ purpose }) => purpose === 'data')?.wraps[0]
          ?.wrapped as Buffer;
      const putWrap = (value: Buffer, wrapped: Buffer) =>
        attacked.run(
          `UPDATE sqlcrypter_key_wraps SET wrapped = ${literal(wrapped.toString('hex'))} WHERE ${row(value)}`,
        );
      /** As a process whose clock has gone on by so much. */
      const later = (milliseconds: number) => {
        const now = Date.now;
        vi.spyOn(Date, 'now').mockImplementation(() => now() + milliseconds);
      };

      beforeEach(async () => {
        attacked = await open();
        for (const statement of keyTableSql(name)) await attacked.run(statement);
        const writer = await start();
        values = { a: await writer.encrypt(text, { scope: 'a' }), b: await writer.encrypt(text, { scope: 'b' }) };
      });
      afterEach(async () => {
        vi.restoreAllMocks();
        for (const crypterer of endings.splice(0)) await crypterer.close();
        await attacked.close();
      });

      it('cannot swap the wraps of two rows', async () => {
        const [a, b] = [await wrapOf(values.a), await wrapOf(values.b)];
        await putWrap(values.a, b);
        await putWrap(values.b, a);
        const reader = await start();
        expect(await codeOf(reader.decrypt(values.a))).toBe('KMS_INVALID_BLOB');
        expect(await codeOf(reader.decrypt(values.b))).toBe('KMS_INVALID_BLOB');
        expect(await codeOf(reader.encrypt(text, { scope: 'a' }))).toBe('KMS_INVALID_BLOB');
      });

      it('cannot replace a wrap by other bytes', async () => {
        await putWrap(values.a, Buffer.alloc(92, 7));
        const reader = await start();
        expect(await codeOf(reader.decrypt(values.a))).toBe('KMS_INVALID_BLOB');
        expect(await reader.decrypt(values.b)).toEqual(text);
      });

      it.each([
        ['backdate a row', `created = created - ${DAY}`],
        ['move the end of a row', `expires = expires + ${365 * DAY}`],
      ])('cannot %s', async (_, change) => {
        await attacked.run(`UPDATE sqlcrypter_keys SET ${change} WHERE ${row(values.a)}`);
        const reader = await start();
        expect(await codeOf(reader.decrypt(values.a))).toBe('KMS_INVALID_BLOB');
        expect(await codeOf(reader.encrypt(text, { scope: 'a' }))).toBe('KMS_INVALID_BLOB');
      });

      it('cannot give the key of one scope to another', async () => {
        await attacked.run("UPDATE sqlcrypter_keys SET scope = 'c' WHERE scope = 'a'");
        await attacked.run("UPDATE sqlcrypter_keys SET scope = 'a' WHERE scope = 'b'");
        const writer = await start();
        expect(await codeOf(writer.encrypt(text, { scope: 'a' }))).toBe('KMS_INVALID_BLOB');
        expect(await codeOf(writer.decrypt(values.b))).toBe('KMS_INVALID_BLOB');
      });

      it('cannot do any of that with the branch key', async () => {
        await attacked.run(`UPDATE sqlcrypter_keys SET expires = expires + ${DAY} WHERE purpose = 'branch'`);
        expect(await codeOf(start())).toBe('KMS_INVALID_BLOB');
      });

      it.each(['active', 'pending'])('cannot bring an expired key back by making it %s', async (state) => {
        later(31 * DAY);
        const second = await (await start()).encrypt(text, { scope: 'a' });
        expect(keyOf(second)).not.toBe(keyOf(values.a));
        await attacked.run(`UPDATE sqlcrypter_keys SET state = 'decrypt-only' WHERE ${row(second)}`);
        await attacked.run(`UPDATE sqlcrypter_keys SET state = '${state}', retired = NULL WHERE ${row(values.a)}`);
        const third = await (await start()).encrypt(text, { scope: 'a' });
        expect([keyOf(values.a), keyOf(second)]).not.toContain(keyOf(third));
      });

      it('meets one key a line, however many processes start at that moment', async () => {
        later(400 * DAY);
        const fleet = await Promise.all(Array.from({ length: 8 }, () => start()));
        const written = await Promise.all(fleet.map((crypterer) => crypterer.encrypt(text, { scope: 'd' })));
        expect(new Set(written.map(keyOf)).size).toBe(1);
      });
    },
  );
}
