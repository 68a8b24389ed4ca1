import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyTableDialect } from '../src/index.js';
import { drivers, type TestDatabase } from './support/databases.js';
import { keyUnder, newBranch } from './support/keys.js';

const COUNT = 20_000;
const KEY_COLUMNS = '(fingerprint, purpose, scope, state, created, expires)';
const WRAP_COLUMNS = '(fingerprint, provider, kek, branch, wrapped)';

/** Statements that write so many rows at once. */
const FORGED: Record<
  KeyTableDialect,
  { keys(scope: string, state: string): string; wraps(fingerprint: string): string }
> = {
  postgres: {
    keys: (scope, state) =>
      `INSERT INTO sqlcrypter_keys ${KEY_COLUMNS} SELECT decode(md5('${state}' || n), 'hex'), 'data', '${scope}', '${state}', 1, 2 FROM generate_series(1, ${COUNT}) n`,
    wraps: (fingerprint) =>
      `INSERT INTO sqlcrypter_key_wraps ${WRAP_COLUMNS} SELECT decode('${fingerprint}', 'hex'), 9, 'forged-' || n, decode(md5('' || n), 'hex'), '\\x00' FROM generate_series(1, ${COUNT}) n`,
  },
  mysql: {
    keys: (scope, state) =>
      `INSERT INTO sqlcrypter_keys ${KEY_COLUMNS} SELECT UNHEX(MD5(CONCAT('${state}', seq))), 'data', '${scope}', '${state}', 1, 2 FROM seq_1_to_${COUNT}`,
    wraps: (fingerprint) =>
      `INSERT INTO sqlcrypter_key_wraps ${WRAP_COLUMNS} SELECT UNHEX('${fingerprint}'), 9, CONCAT('forged-', seq), UNHEX(MD5(seq)), 'x' FROM seq_1_to_${COUNT}`,
  },
  sqlite: {
    keys: (scope, state) =>
      `WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${COUNT}) INSERT INTO sqlcrypter_keys ${KEY_COLUMNS} SELECT CAST(printf('%.4s%012d', '${state}', n) AS blob), 'data', '${scope}', '${state}', 1, 2 FROM s`,
    wraps: (fingerprint) =>
      `WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${COUNT}) INSERT INTO sqlcrypter_key_wraps ${WRAP_COLUMNS} SELECT x'${fingerprint}', 9, 'forged-' || n, CAST(printf('%016d', n) AS blob), x'00' FROM s`,
  },
};

// One driver for each dialect: it is the statements that count.
for (const { name, dialect, skipReason, open } of drivers.filter((each) =>
  ['pg', 'mysql2', 'libsql'].includes(each.name),
)) {
  describe.skipIf(skipReason !== undefined)(
    `${COUNT} rows that somebody forged, through ${name}${skipReason ? ` (${skipReason})` : ''}`,
    () => {
      let database: TestDatabase;
      beforeAll(async () => {
        database = await open();
      });
      afterAll(() => database?.close());

      it('in a line give three keys of it, and the line its own key', async () => {
        const { table, run } = database;
        const [branch, scope] = [newBranch(), `tenant-${randomBytes(6).toString('hex')}`];
        const key = keyUnder(branch, { scope });
        for (const each of [branch, key]) await table.insertPending(each);
        for (const state of ['decrypt-only', 'disabled']) await run(FORGED[dialect].keys(scope, state));
        expect((await table.findLine('data', scope)).map(({ fingerprint }) => fingerprint)).toEqual([
          key.fingerprint,
          branch.fingerprint,
        ]);
        await run(FORGED[dialect].keys(scope, 'destroyed'));
        const line = await table.findLine('data', scope);
        expect(line.map(({ state }) => state).sort()).toEqual(['destroyed', 'pending', 'pending']);
        await table.activate(branch.fingerprint, undefined, 1);
      });

      it('as wraps of one key give 16 of them, and the other keys of the look-up all of theirs', async () => {
        const { table, run } = database;
        const branch = newBranch();
        expect(await table.insertPending(branch, (await table.findLine('branch', ''))[0]?.fingerprint)).toBe(true);
        const keys = Array.from({ length: 5 }, (_, index) => keyUnder(branch, { scope: `wraps-${index}` }));
        for (const key of keys) await table.insertPending(key);
        const [stuffed, ...others] = keys as [(typeof keys)[number], ...typeof keys];
        await run(FORGED[dialect].wraps(stuffed.fingerprint.toString('hex')));
        const check = (found: Awaited<ReturnType<typeof table.find>>) => {
          const of = ({ fingerprint }: typeof stuffed) =>
            found.find((record) => record.fingerprint.equals(fingerprint));
          expect(of(stuffed)?.wraps).toHaveLength(16);
          expect(of(stuffed)?.wraps[0]).toEqual(stuffed.wraps[0]);
          for (const other of others) expect(of(other)?.wraps).toEqual(other.wraps);
        };
        const withBranch = [...keys, branch].map(({ fingerprint }) => String(fingerprint)).sort();
        const found = await table.find(keys.map(({ fingerprint }) => fingerprint));
        check(found);
        expect(found.map(({ fingerprint }) => String(fingerprint)).sort()).toEqual(withBranch);
        check(
          await table.findPending(
            'data',
            keys.map(({ scope }) => scope),
          ),
        );
        expect((await table.findLine('data', stuffed.scope)).map(({ wraps }) => wraps.length)).toEqual([16, 1]);
        for (let after: Buffer | undefined, page = [stuffed as object]; page.length > 0; ) {
          const listed = await table.list('data', after, 1_000);
          for (const { wraps } of listed) expect(wraps.length).toBeLessThanOrEqual(16);
          page = listed;
          after = listed.at(-1)?.fingerprint;
          if (listed.some(({ fingerprint }) => fingerprint.equals(stuffed.fingerprint))) break;
        }
      });
    },
  );
}
