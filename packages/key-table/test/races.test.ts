import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKeyTable, type KeyTable } from '../src/index.js';
import { drivers, type TestDatabase } from './support/databases.js';
import { newKey } from './support/keys.js';

/** A key table over the same database, with something done before or after its statements. */
function watched(
  { options }: TestDatabase,
  around: (sql: string, run: () => Promise<unknown>) => Promise<unknown>,
): KeyTable {
  const [[kind, handle]] = Object.entries(options) as [[string, object]];
  const method = { pg: 'query', postgres: 'unsafe', mysql2: 'execute' }[kind];
  if (method === undefined) throw new Error(`no method of ${kind}`);
  const original = (handle as Record<string, (...args: unknown[]) => Promise<unknown>>)[method] as (
    ...args: unknown[]
  ) => Promise<unknown>;
  const own = {
    [method]: (sql: string, values: unknown[]) => around(sql, async () => original.call(handle, sql, values)),
  };
  return createKeyTable({ [kind]: own } as never);
}

/** The same for SQLite, whose statements answer at once: through the one method of node-sqlite3-wasm. */
function watchedSqlite(
  { options }: TestDatabase,
  around: (sql: string, run: () => Promise<unknown>) => Promise<unknown>,
): KeyTable {
  const { sqlite } = options as unknown as { sqlite: { all(sql: string, values: unknown[]): unknown } };
  const all = (sql: string, values: unknown[]) => around(sql, async () => sqlite.all(sql, values));
  return createKeyTable({ sqlite: { all, prepare: () => undefined } as never });
}

for (const { name, skipReason, open } of drivers.filter((each) =>
  ['pg', 'mysql2', 'node-sqlite3-wasm'].includes(each.name),
)) {
  describe.skipIf(skipReason !== undefined)(`an import through ${name}${skipReason ? ` (${skipReason})` : ''}`, () => {
    let database: TestDatabase;
    let scope: string;
    const watch = name === 'node-sqlite3-wasm' ? watchedSqlite : watched;
    beforeAll(async () => {
      database = await open();
    });
    beforeEach(() => {
      scope = `person:${randomBytes(6).toString('hex')}`;
    });
    afterAll(() => database?.close());

    /** An export with a further wrap of each key, and what was exported. */
    async function exported() {
      const key = newKey({ scope });
      await database.table.insertPending(key);
      const further = { provider: 201, keyId: 'kek-2', wrapped: randomBytes(92) };
      const { format } = JSON.parse(await database.table.export());
      const wraps = [...key.wraps, further].map((wrap) => ({ ...wrap, wrapped: wrap.wrapped.toString('base64') }));
      const keys = [{ ...key, fingerprint: key.fingerprint.toString('hex'), state: 'active', wraps }];
      return { key, further, text: JSON.stringify({ format, keys }) };
    }
    const wrapsLeft = async ({ fingerprint }: { fingerprint: Buffer }) => (await database.table.find([fingerprint]))[0];

    it.each(['before', 'after'] as const)(
      'leaves no wrap where the scope is erased %s its own is added',
      async (when) => {
        const { key, text } = await exported();
        let erased = 0;
        const erase = async () => {
          erased += await database.table.eraseScope(scope);
        };
        const table = watch(database, async (sql, run) => {
          const isWrap = sql.startsWith('INSERT INTO sqlcrypter_key_wraps');
          if (isWrap && when === 'before') await erase();
          const answer = await run();
          if (isWrap && when === 'after') await erase();
          return answer;
        });
        expect(await table.import(text)).toEqual({ added: 0, present: 1 });
        expect(erased).toBe(1);
        expect(await wrapsLeft(key)).toMatchObject({ state: 'destroyed', wraps: [] });
      },
    );

    it('of the same text at the same moment adds the key once, with its wraps', async () => {
      const { text, further } = await exported();
      const other = await open();
      try {
        const results = await Promise.all(Array.from({ length: 4 }, () => other.table.import(text)));
        expect(results.map(({ added }) => added).reduce((sum, added) => sum + added)).toBe(1);
        const { keys } = JSON.parse(text);
        const [found] = await other.table.find([Buffer.from(keys[0].fingerprint, 'hex')]);
        expect(found?.wraps).toHaveLength(2);
        expect(found?.wraps[1]).toEqual(further);
      } finally {
        await other.close();
      }
    });

    it('adds no wraps that are bound to other facts than the row of their key has', async () => {
      const { key, text } = await exported();
      const other = { ...JSON.parse(text) };
      other.keys[0].scope = `${scope}-other`;
      expect(await database.table.import(JSON.stringify(other))).toEqual({ added: 0, present: 1 });
      expect((await wrapsLeft(key))?.wraps).toEqual(key.wraps);
    });
  });
}
