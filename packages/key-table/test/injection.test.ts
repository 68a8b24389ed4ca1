import { randomBytes } from 'node:crypto';
import { createPool } from 'mysql2';
import { createPool as createPromisePool } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeyTable } from '../src/index.js';
import { drivers, type TestDatabase } from './support/databases.js';
import { codeOf } from './support/error-code.js';
import { newKey } from './support/keys.js';
import { loginOf } from './support/mysql-login.js';

const CRAFTED = [
  "x' , null, (SELECT v FROM secret)) -- ",
  "x\\' OR 1 = 1 -- ",
  'x"; DROP TABLE sqlcrypter_keys; --',
  'kek\n1',
  'kek\u001b[31m',
  'k\u00e9k',
  'kek 1',
  '',
  'k'.repeat(513),
];

const exportOf = (keyId: string, change: object = {}) => {
  const wraps = [{ provider: 9, keyId, wrapped: 'AAAA' }];
  const key = { purpose: 'data', scope: 'z', state: 'decrypt-only', created: 1, expires: 2, wraps, ...change };
  return JSON.stringify({
    format: 'sqlcrypter-keys/1',
    keys: [{ fingerprint: randomBytes(16).toString('hex'), ...key }],
  });
};

for (const { name, skipReason, open } of drivers) {
  describe.skipIf(skipReason !== undefined)(
    `what a row, an export or an option says, through ${name}${skipReason ? ` (${skipReason})` : ''}`,
    () => {
      let database: TestDatabase;
      beforeAll(async () => {
        database = await open();
      });
      afterAll(() => database?.close());

      it.each(CRAFTED)('is no id of a wrapping key: %j', async (keyId) => {
        const { table } = database;
        const key = newKey({ scope: `s-${randomBytes(6).toString('hex')}` });
        const wrap = { provider: 9, keyId, wrapped: Buffer.from('w') };
        expect(await codeOf(table.import(exportOf(keyId)))).toBe('CONFIG');
        expect(await codeOf(table.insertPending({ ...key, wraps: [wrap] }))).toBe('CONFIG');
        expect(await codeOf(table.addWrap(key.fingerprint, wrap))).toBe('CONFIG');
        expect(await table.find([key.fingerprint])).toEqual([]);
      });

      it.each(["a' OR 'a' = 'a", "a\\' OR 1 = 1 -- ", 'a"b', 'a?b', 'a$1b', '%'])(
        'is text, not SQL, as a scope: %j',
        async (scope) => {
          const { table } = database;
          const [key, other] = [newKey({ scope }), newKey({ scope: `other than ${scope}` })];
          for (const each of [key, other]) expect(await table.insertPending(each)).toBe(true);
          expect(await table.findLine('data', scope)).toMatchObject([{ scope, fingerprint: key.fingerprint }]);
          expect(await table.findPending('data', [scope])).toMatchObject([{ scope, fingerprint: key.fingerprint }]);
          expect(await table.eraseScope(scope)).toBe(1);
          expect(await table.find([other.fingerprint])).toMatchObject([{ state: 'pending', wraps: other.wraps }]);
        },
      );

      it('takes one wrap away, and no other, though its id was written past this package', async () => {
        const { table, run } = database;
        const key = newKey({ scope: `s-${randomBytes(6).toString('hex')}` });
        await table.insertPending(key);
        const placed = "x'' OR provider = 200 -- ";
        const select = `SELECT fingerprint, 9, '${placed}', NULL, wrapped FROM sqlcrypter_key_wraps WHERE provider = 200`;
        await run(`INSERT INTO sqlcrypter_key_wraps (fingerprint, provider, kek, branch, wrapped) ${select}`);
        const stored = placed.replace("''", "'");
        expect((await table.find([key.fingerprint]))[0]?.wraps.map(({ keyId }) => keyId)).toEqual([stored, 'kek-1']);
        await table.removeWrap(key.fingerprint, 9, stored);
        expect(await table.find([key.fingerprint])).toMatchObject([{ wraps: key.wraps }]);
      });
    },
  );
}

describe('an export', () => {
  const table = createKeyTable({ pg: { query: () => Promise.reject(new Error('asked')) } });

  it.each([
    ['a scope with control characters', { scope: 'a\nb' }],
    [
      'more wraps than a key has',
      { wraps: Array.from({ length: 17 }, (_, n) => ({ provider: 9, keyId: `k${n}`, wrapped: 'AA' })) },
    ],
    ['a wrapped key that no column takes', { wraps: [{ provider: 9, keyId: 'k', wrapped: 'A'.repeat(9_000) }] }],
    ['a provider that no frame names', { wraps: [{ provider: 256, keyId: 'k', wrapped: 'AAAA' }] }],
    ['a branch key by no fingerprint', { wraps: [{ provider: 0, keyId: 'branch', wrapped: 'AAAA' }] }],
    ['times that are no milliseconds', { created: 1.5 }],
  ])('with %s is refused before anything is stored', async (_, change) => {
    expect(await codeOf(table.import(exportOf('k', change)))).toBe('CONFIG');
  });
});

const mysql = drivers.find(({ dialect }) => dialect === 'mysql');
describe.skipIf(mysql?.skipReason !== undefined)('a pool of mysql2', () => {
  it.each(['STRICT_TRANS_TABLES', 'NO_BACKSLASH_ESCAPES,STRICT_TRANS_TABLES,ANSI_QUOTES'])(
    'gives every parameter apart from its statement, under the SQL mode %s, with promises or callbacks',
    async (mode) => {
      const database = (await mysql?.open()) as TestDatabase;
      const options = { ...loginOf(database), connectionLimit: 1 };
      const [promised, called] = [createPromisePool(options), createPool(options)];
      try {
        for (const [pool, handle] of [
          [promised, promised],
          [called.promise(), called],
        ] as const) {
          await pool.query(`SET SESSION sql_mode = '${mode}'`);
          const table = createKeyTable({ mysql2: handle });
          const key = newKey({ scope: `a\\' OR 1 = 1 -- ${randomBytes(4).toString('hex')}` });
          expect(await table.insertPending(key)).toBe(true);
          expect(await table.findLine('data', key.scope)).toMatchObject([key]);
          expect(await table.eraseScope(key.scope)).toBe(1);
        }
      } finally {
        await promised.end();
        await called.promise().end();
        await database.close();
      }
    },
  );

  it('is asked for few different statements, however many lists of whatever length are looked up', async () => {
    const statements = new Set<string>();
    const execute = async (sql: string) => {
      statements.add(sql);
      return [[]];
    };
    const table = createKeyTable({ mysql2: { execute } });
    for (let length = 1; length <= 3_000; length += 37) {
      await table.find(Array.from({ length }, () => randomBytes(16)));
    }
    expect(statements.size).toBeLessThanOrEqual(11);
  });
});
