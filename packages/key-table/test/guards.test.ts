import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { drivers, type TestDatabase } from './support/databases.js';
import { CREATED, newKey } from './support/keys.js';

/** PostgreSQL has none. */
const REPLACES = { postgres: [], mysql: ['REPLACE'], sqlite: ['INSERT OR REPLACE', 'REPLACE'] };

for (const { name, dialect, skipReason, open } of drivers) {
  describe.skipIf(skipReason !== undefined)(
    `the guards of a key table through ${name}${skipReason ? ` (${skipReason})` : ''}`,
    () => {
      const literal = (bytes: Buffer) => {
        const hex = bytes.toString('hex');
        return dialect === 'postgres' ? `'\\x${hex}'::bytea` : `x'${hex}'`;
      };
      const row = (fingerprint: Buffer, scope: string, state = 'active') =>
        `(fingerprint, purpose, scope, state, created, expires) VALUES (${literal(fingerprint)}, 'data', '${scope}', '${state}', 1, 2)`;
      let database: TestDatabase;
      let key: ReturnType<typeof newKey>;
      beforeAll(async () => {
        database = await open();
      });
      beforeEach(async () => {
        key = newKey({ scope: `tenant-${randomBytes(6).toString('hex')}` });
        await database.table.insertPending(key);
        await database.table.activate(key.fingerprint, undefined, CREATED);
      });
      afterAll(() => database?.close());

      const isWhole = async () => {
        expect(await database.table.find([key.fingerprint])).toMatchObject([{ ...key, state: 'active' }]);
      };

      it.each([
        ['a key', 'sqlcrypter_keys'],
        ['a wrap', 'sqlcrypter_key_wraps'],
      ])('refuse to change the fingerprint of %s', async (_, table) => {
        const other = literal(randomBytes(16));
        const change = `UPDATE ${table} SET fingerprint = ${other} WHERE fingerprint = ${literal(key.fingerprint)}`;
        await expect(database.run(change)).rejects.toThrow(/sqlcrypter: a fingerprint/);
        await isWhole();
      });

      it.each(REPLACES[dialect])('refuse %s of a key: of its row, and of another row in its place', async (replace) => {
        const stranger = randomBytes(16);
        const same = database.run(`${replace} INTO sqlcrypter_keys ${row(key.fingerprint, 'elsewhere')}`);
        await expect(same).rejects.toThrow(/sqlcrypter: /);
        const inPlace = database.run(`${replace} INTO sqlcrypter_keys ${row(stranger, key.scope)}`);
        await expect(inPlace).rejects.toThrow(/sqlcrypter: /);
        await isWhole();
        expect(await database.table.find([stranger])).toEqual([]);
      });

      if (dialect === 'sqlite')
        it.each([
          ['its state', "state = 'active'"],
          [
            'its state and scope',
            "state = 'active', scope = (SELECT scope FROM sqlcrypter_keys k WHERE k.fingerprint = KEY)",
          ],
        ])('refuse UPDATE OR REPLACE of another key by which it takes %s', async (_, change) => {
          const other = newKey({ scope: change.includes('scope') ? `${key.scope}-other` : key.scope });
          expect(await database.table.insertPending(other, key.fingerprint)).toBe(true);
          const replace = `UPDATE OR REPLACE sqlcrypter_keys SET ${change.replace('KEY', literal(key.fingerprint))}`;
          const run = database.run(`${replace} WHERE fingerprint = ${literal(other.fingerprint)}`);
          await expect(run).rejects.toThrow(/UNIQUE constraint failed/);
          await isWhole();
        });

      it('let a replaced wrap be no more than a changed one: the key keeps as many', async () => {
        const { fingerprint } = key;
        const values = `(fingerprint, provider, kek, branch, wrapped) VALUES (${literal(fingerprint)}, 200, 'kek-1', NULL, ${literal(Buffer.from('w'))})`;
        const conflict = 'ON CONFLICT (fingerprint, provider, kek) DO UPDATE SET wrapped = excluded.wrapped';
        const replace =
          dialect === 'postgres'
            ? `INSERT INTO sqlcrypter_key_wraps ${values} ${conflict}`
            : `REPLACE INTO sqlcrypter_key_wraps ${values}`;
        await database.run(replace).catch((error) => expect(String(error)).toContain('sqlcrypter: the last wrap'));
        expect((await database.table.find([fingerprint]))[0]?.wraps).toHaveLength(1);
      });

      if (dialect === 'postgres')
        it.each([
          ['a schema', 'CREATE SCHEMA decoy', 'decoy', 'SET LOCAL search_path = decoy, public'],
          ['temporary tables', 'SELECT 1', 'pg_temp', 'SET LOCAL search_path = pg_temp, public'],
        ])(
          'look into the tables that they guard, though %s with empty ones comes first',
          async (_, create, schema, search) => {
            const decoys = ['sqlcrypter_keys', 'sqlcrypter_key_wraps'].map(
              (table) => `CREATE TABLE ${schema}.${table} (LIKE public.${table})`,
            );
            for (const table of ['sqlcrypter_keys', 'sqlcrypter_key_wraps']) {
              // One text is one transaction, on one connection.
              const script = [create, ...decoys, search, `DELETE FROM public.${table}`].join(';');
              await expect(database.run(script)).rejects.toThrow(/sqlcrypter: /);
            }
            await isWhole();
          },
        );

      it('give way to what destroys a key by the rules', async () => {
        expect(await database.table.eraseScope(key.scope)).toBe(1);
        expect(await database.table.find([key.fingerprint])).toMatchObject([{ state: 'destroyed', wraps: [] }]);
      });
    },
  );
}
