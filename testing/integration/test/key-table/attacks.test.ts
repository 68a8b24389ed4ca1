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

      describe('while a process has the keys in memory', () => {
        let running: EnvelopeCrypterer;
        beforeEach(async () => {
          running = await start();
          for (const scope of ['a', 'b']) await running.encrypt(text, { scope });
        });
        /** What a call ended in: a value, or a code. */
        const written = async (scope: string) => {
          const value = await running.encrypt(text, { scope }).catch((error) => error as SqlcrypterError);
          return Buffer.isBuffer(value) ? keyOf(value) : value.code;
        };
        /** Past the guards, as somebody who may alter tables. */
        const lose = async (value: Buffer | undefined) => {
          const [keys, wraps] = ['sqlcrypter_keys', 'sqlcrypter_key_wraps'];
          for (const table of [keys, wraps]) {
            await attacked.run(`DROP TRIGGER ${table}_delete${name === 'postgres' ? ` ON ${table}` : ''}`);
          }
          const which = value === undefined ? "purpose = 'branch'" : row(value);
          await attacked.run(`DELETE FROM ${keys} WHERE ${which}`);
        };

        it('cannot give the key of one scope to another', async () => {
          await attacked.run(`UPDATE sqlcrypter_keys SET scope = 'c' WHERE ${row(values.b)}`);
          expect(await written('c')).toBe('KMS_INVALID_BLOB');
          await attacked.run(`UPDATE sqlcrypter_keys SET scope = 'b' WHERE ${row(values.b)}`);
          expect(await written('b')).toBe(keyOf(values.b));
        });

        it('cannot put the key of another scope into a line that has its own', async () => {
          await attacked.run(`UPDATE sqlcrypter_keys SET state = 'decrypt-only' WHERE ${row(values.a)}`);
          await attacked.run(`UPDATE sqlcrypter_keys SET scope = 'a', state = 'pending' WHERE ${row(values.b)}`);
          await running.checkRevocations();
          expect(await written('a')).not.toBe(keyOf(values.b));
          later(31 * DAY);
          expect([keyOf(values.a), keyOf(values.b)]).not.toContain(await written('a'));
        });

        it.each([
          ['scope', "scope = 'x'"],
          ['end', `expires = expires + ${DAY}`],
          ['making', `created = created - ${DAY}`],
          ['purpose', "purpose = 'branch', scope = 'x'"],
        ])('cannot change the %s of a row unnoticed: after a check the key is used no more', async (_, change) => {
          await attacked.run(`UPDATE sqlcrypter_keys SET ${change} WHERE ${row(values.a)}`);
          await running.checkRevocations();
          expect(await written('a')).not.toBe(keyOf(values.a));
          expect(await codeOf(running.decrypt(values.a))).toMatch(/KMS_INVALID_BLOB|KEY_NOT_FOUND/);
          expect(await written('b')).toBe(keyOf(values.b));
        });

        it('cannot do the same with the branch key, nor with what it opened', async () => {
          await attacked.run(`UPDATE sqlcrypter_keys SET expires = expires + ${DAY} WHERE purpose = 'branch'`);
          await running.checkRevocations();
          expect(await codeOf(running.decrypt(values.a))).toBe('KMS_INVALID_BLOB');
          expect(await written('a')).toBe('KMS_INVALID_BLOB');
        });

        it('cannot have a new key written under, whose wrap was replaced', async () => {
          await putWrap(values.a, Buffer.alloc(92, 7));
          later(29 * DAY);
          // The key in memory is not proven by that row any more, and a key that nobody can open gets no more values.
          for (let time = 0; time < 3; time++) running.encryptSync(text, { scope: 'a' });
          expect(await codeOf((await start()).encrypt(text, { scope: 'a' }))).toBe('KMS_INVALID_BLOB');
        });

        it.each(['data', 'branch'])(
          'cannot delete the row of a %s key unnoticed: it is read with, and told, and not written with',
          async (which) => {
            await lose(which === 'data' ? values.a : undefined);
            for (let time = 0; time < 2; time++) expect(await codeOf(running.checkRevocations())).toBe('KEY_NOT_FOUND');
            expect(running.stats().events.lost).toBe(1);
            expect(await running.decrypt(values.a)).toEqual(text);
            const outcome = await written('a');
            expect(outcome).not.toBe(keyOf(values.a));
            // A new data key takes the place of a lost one. Under a lost branch key each line waits for it to be restored.
            if (which === 'branch') expect(outcome).toBe('KEY_NOT_FOUND');
            else expect(await (await start()).decrypt(await running.encrypt(text, { scope: 'a' }))).toEqual(text);
          },
        );
      });

      it('cannot put control characters into a message', async () => {
        const kek =
          name === 'postgres'
            ? "E'kek\\n\\x1b[31m'"
            : name === 'mysql'
              ? "'kek\\n\\Z[31m'"
              : "'kek' || char(10, 27) || '[31m'";
        await attacked.run(`UPDATE sqlcrypter_key_wraps SET provider = 9, kek = ${kek} WHERE provider <> 0`);
        const error = await (
          await createEnvelopeCrypterer(createAesKeyService({ key: service }), {
            store: attacked.table,
            generate: 'never',
          })
        )
          .decrypt(values.a)
          .catch((each) => each as SqlcrypterError);
        expect(String((error as SqlcrypterError).message)).not.toMatch(/\p{Cc}/u);
        expect(error).toMatchObject({ code: 'KEY_NOT_FOUND', message: expect.stringContaining('kek\\u{a}') });
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
