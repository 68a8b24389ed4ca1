import { readFile } from 'node:fs/promises';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { createKeyTable, keyTableSql } from '../src/index.js';
import { MIGRATIONS } from '../src/migrations.js';
import { drivers } from './support/databases.js';
import { codeOf } from './support/error-code.js';
import { newKey } from './support/keys.js';

const handle = { query: async () => ({ rows: [] }) };

describe('createKeyTable', () => {
  it.each([
    ['no handle', {}],
    ['two handles', { pg: handle, mysql2: handle }],
    ['a handle of another kind', { postgres: handle }],
    ['a replica that is none', { pg: handle, replica: 'standby' }],
    ['an unknown option', { pg: handle, table: 'keys' }],
    ['null', null],
  ])('refuses %s', async (_, options) => {
    expect(await codeOf(() => createKeyTable(options as never))).toBe('CONFIG');
  });

  it('asks nothing of the database', () => {
    const table = createKeyTable({ pg: { query: () => Promise.reject(new Error('asked')) } });
    expect(table.find).toBeTypeOf('function');
  });
});

describe('a key table', () => {
  const table = createKeyTable({ pg: handle });

  it.each([[''], ['a\0b'], ['\ud800'], ['x'.repeat(256)], ['é'.repeat(128)], [42]])(
    'refuses the scope %j',
    async (scope) => {
      expect(await codeOf(table.eraseScope(scope as string))).toBe('INVALID_ARGUMENT');
    },
  );

  it('refuses a key without wraps, or with a fingerprint of another length', async () => {
    expect(await codeOf(table.insertPending(newKey({ wraps: [] })))).toBe('CONFIG');
    expect(await codeOf(table.insertPending(newKey({ fingerprint: Buffer.alloc(15) })))).toBe('CONFIG');
  });

  it.each([
    ['not JSON', 'keys'],
    ['another format', '{"format":"keys/2","keys":[]}'],
    ['a key that is none', '{"format":"sqlcrypter-keys/1","keys":[{}]}'],
    [
      'a key whose wrap is none',
      JSON.stringify({
        format: 'sqlcrypter-keys/1',
        keys: [{ ...newKey(), fingerprint: 'ab'.repeat(16), state: 'active', wraps: [{}] }],
      }),
    ],
  ])('refuses to import %s', async (_, text) => {
    expect(await codeOf(table.import(text))).toBe('CONFIG');
  });

  it('refuses bytes that a type parser made into something else', async () => {
    const changed = createKeyTable({ pg: { query: async () => ({ rows: [{ fingerprint: '\\x00' }] }) } });
    expect(await codeOf(changed.findPending('data', ['a']))).toBe('CONFIG');
  });

  it.each(['Uint8Array.from(list)', 'Uint8Array.from(list).buffer'])(
    'takes bytes of another realm from a driver: %s',
    async (code) => {
      const foreign = (bytes: Uint8Array) => runInNewContext(code, { list: [...bytes] });
      const { fingerprint, wraps, ...key } = newKey();
      const { provider, keyId: kek, wrapped } = wraps[0] as (typeof wraps)[0];
      const times = { activated: key.created, retired: null };
      const row = {
        ...key,
        ...times,
        fingerprint: foreign(fingerprint),
        state: 'active',
        provider,
        kek,
        wrapped: foreign(wrapped),
      };
      const [found] = await createKeyTable({ pg: { query: async () => ({ rows: [row] }) } }).find([fingerprint]);
      expect(found).toMatchObject({ fingerprint, wraps: [{ wrapped }] });
    },
  );

  it('says in which way the database failed, and nothing that the driver said about values', async () => {
    const error = Object.assign(new Error('relation "secret" does not exist'), { code: '42P01' });
    const failing = createKeyTable({ pg: { query: () => Promise.reject(error) } });
    const failure = await failing.findPending('data', ['a']).catch((each) => each);
    expect(failure).toMatchObject({ code: 'KEY_STORE_UNAVAILABLE', retryable: true, cause: { name: 'Error' } });
    expect(failure.message).toContain('42P01');
    expect(failure.message).not.toContain('secret');
  });
});

describe('the statements of a key table', () => {
  it('are there for every dialect, and for no other', async () => {
    for (const { dialect } of drivers) expect(keyTableSql(dialect).length).toBeGreaterThanOrEqual(4);
    for (const other of ['oracle', 'toString', 42, { toString: () => 'mysql' }, undefined]) {
      expect(await codeOf(() => keyTableSql(other as never))).toBe('CONFIG');
    }
  });

  it.each(Object.entries(MIGRATIONS))('are the text of migrations/%s.sql', async (dialect, text) => {
    const file = await readFile(new URL(`../migrations/${dialect}.sql`, import.meta.url), 'utf8');
    expect(text, 'run npm run build:sql in packages/key-table').toBe(file);
  });
});
