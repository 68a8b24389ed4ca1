import { runNode } from '@sqlcrypter/test-support';
import Libsql from 'libsql';
import sqlite from 'node-sqlite3-wasm';
import { beforeEach, describe, expect, it } from 'vitest';
import { betterSqlite3SkipReason, loadBetterSqlite3 } from '../drivers/better-sqlite3.js';
import { secret, secretText } from './secret.js';

const Database = await loadBetterSqlite3();
const skip = Database === undefined ? { skip: true, meta: { skipReason: betterSqlite3SkipReason } } : {};
const createTable = 'create table unchecked (id integer primary key, secret blob, remark text)';

describe('SQLite', () => {
  let database: sqlite.Database;
  beforeEach(() => {
    database = new sqlite.Database();
    database.exec(createTable);
    return () => database.close();
  });

  it('takes text in a column of bytes, unless the table is STRICT or has the CHECK', () => {
    const insert = (table: string) => database.run(`insert into ${table} (secret) values ('999-00-1234')`);
    insert('unchecked');
    expect(database.get('select typeof(secret) as type from unchecked')).toEqual({ type: 'text' });
    database.exec('create table strict_one (secret blob) strict');
    expect(() => insert('strict_one')).toThrow(/cannot store TEXT value in BLOB column/);
    database.exec(`create table checked (${secret.ddl('sqlite').column})`);
    expect(() => insert('checked')).toThrow(/CHECK constraint failed/);
  });

  it('cannot hold bytes in JSON, but encrypted text', async () => {
    database.run('insert into unchecked (secret, remark) values (?, ?)', [
      await secret.encrypt('one'),
      await secretText.encrypt('two'),
    ]);
    expect(() => database.get('select json_group_array(secret) from unchecked')).toThrow(/JSON cannot hold BLOB/);
    const row = database.get('select json_group_array(remark) as remarks from unchecked');
    expect(await secretText.decryptMany(JSON.parse(row?.remarks as string))).toEqual(['two']);
  });
});

describe('node-sqlite3-wasm', () => {
  it('takes parameters in a list: bytes alone are an error, a Promise alone is stored as NULL', async () => {
    const database = new sqlite.Database();
    database.exec(createTable);
    const insert = (parameters: unknown) =>
      database.run('insert into unchecked (secret) values (?)', parameters as sqlite.BindValues);
    const value = await secret.encrypt('one');
    expect(() => insert(value)).toThrow(/Unknown binding parameter/);
    expect(() => insert([Promise.resolve(value)])).toThrow(/Unsupported type/);
    insert(Promise.resolve(value));
    insert([value]);
    const [first, second] = database.all('select secret from unchecked order by id');
    expect(first?.secret).toBeNull();
    expect(await secret.decrypt(second?.secret as Uint8Array)).toBe('one');
    database.close();
  });
});

describe('libsql', () => {
  it('gives an ArrayBuffer for many rows and a Buffer for one', async () => {
    const database = new Libsql(':memory:');
    database.exec(createTable);
    database.prepare('insert into unchecked (secret) values (?)').run([await secret.encrypt('one')]);
    const select = database.prepare('select secret from unchecked');
    const [many] = select.all() as { secret: ArrayBuffer }[];
    const one = select.get() as { secret: Buffer };
    expect([many?.secret, one.secret].map((value) => value?.constructor.name)).toEqual(['ArrayBuffer', 'Buffer']);
    expect(await secret.decryptMany([many?.secret as ArrayBuffer, one.secret])).toEqual(['one', 'one']);
    database.close();
  });

  const ends = { well: { exitCode: 0, stdout: 'done\n' }, aborted: { exitCode: null, stdout: '' } };

  it.each([
    { call: 'get([bytes])', end: 'well' },
    { call: 'run([bytes])', end: 'well' },
    { call: 'get(bytes)', end: 'aborted' },
    { call: 'run(bytes)', end: 'aborted' },
  ] as const)('$call ends $end: bytes alone end the process', async ({ call, end }) => {
    const program = `
      import Libsql from 'libsql';
      const bytes = Buffer.from('00c7', 'hex');
      const database = new Libsql(':memory:');
      database.exec('create table unchecked (secret blob)');
      database.prepare('insert into unchecked values (?)').${call};
      console.log('done');`;
    const finished = await runNode(['--input-type=module', '--eval', program], { cwd: import.meta.dirname });
    expect(finished).toMatchObject(ends[end]);
  });
});

describe('better-sqlite3', skip, () => {
  it('cannot wait in a transaction: values are encrypted before it, or at once', async () => {
    if (Database === undefined) return;
    const database = new Database(':memory:');
    database.exec(createTable);
    const insert = database.prepare('insert into unchecked (secret) values (?)');
    const waiting = database.transaction(() => secret.encrypt('one'));
    expect(waiting).toThrow(/cannot return a promise/);
    database.transaction(() => insert.run(secret.encryptSync('two')))();
    const rows = database.prepare<[], { secret: Buffer }>('select secret from unchecked').all();
    expect(rows.map((row) => secret.decryptSync(row.secret))).toEqual(['two']);
    database.close();
  });
});
