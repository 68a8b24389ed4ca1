import { createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { encryptedColumn, text } from '@sqlcrypter/sql';
import { mariadbSkipReason, startMariadb, startPostgres, type TestDatabase } from '@sqlcrypter/test-databases';
import { createConnection as connectMariadb } from 'mariadb';
import { createConnection } from 'mysql2/promise';
import sqlite from 'node-sqlite3-wasm';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const PLAINTEXT = '999-00-1234';
const HEX = Buffer.from(PLAINTEXT).toString('hex');
const crypterer = createAesCrypterer({ key: generateKey() });
const bytes = encryptedColumn({ table: 'guarded', column: 'secret', type: text(), crypterer });
const asText = encryptedColumn({ table: 'guarded', column: 'remark', type: text(), encoding: 'text', crypterer });

/** Started here, so that its log can be read. */
const postgres = await startPostgres({ embedded: true });
const mariadb = await startMariadb();
afterAll(() => Promise.all([postgres.stop(), mariadb?.stop()]));

describe('an error of PostgreSQL for a CHECK that failed', () => {
  let database: TestDatabase;
  let client: pg.Client;
  let marker = 0;
  beforeAll(async () => {
    database = await postgres.createDatabase('errors');
  });
  afterAll(() => database?.drop());
  beforeEach(async () => {
    client = new pg.Client(database.connection);
    await client.connect();
    const { column } = bytes.ddl('postgres');
    await client.query(`create table guarded (note text, ${column}, ${asText.ddl('postgres').column})`);
    return async () => {
      await client.query('reset role');
      await client.query('drop table guarded');
      await client.end();
    };
  });

  const insert = (secret: unknown, remark: unknown): Promise<pg.DatabaseError> =>
    client.query('insert into guarded (note, secret, remark) values ($1, $2, $3)', ['a note', secret, remark]).then(
      () => expect.unreachable('it was stored'),
      (error) => error,
    );

  /** What the server has logged since `work` began. */
  async function logged(work: () => Promise<unknown>): Promise<string> {
    const [begin, end] = [`begin ${++marker}.`, `end ${marker}.`];
    const mark = (text: string) => client.query(`do $$ begin raise log '${text}'; end $$`);
    await mark(begin);
    await work();
    await mark(end);
    const log = () => postgres.log?.() ?? '';
    await expect.poll(log).toContain(end);
    return log().slice(log().lastIndexOf(begin));
  }

  it('quotes the row in its detail: the plaintext, as hex or text, and every other column', async () => {
    const error = await insert(Buffer.from(PLAINTEXT), null);
    expect(error.code).toBe('23514');
    expect(error.detail).toBe(`Failing row contains (a note, \\x${HEX}, null).`);
    expect((await insert(null, PLAINTEXT)).detail).toContain(PLAINTEXT);
    expect(error.message).not.toContain(HEX);
  });

  it('quotes values of the statement even to a role that may not read the column', async () => {
    const role = `writer_${database.name}`;
    await client.query(`create role ${role}`);
    await client.query(`grant insert on guarded to ${role}`);
    await client.query(`set role ${role}`);
    expect((await insert(Buffer.from(PLAINTEXT), null)).detail).toContain(HEX);
    await client.query('reset role');
    await client.query(`drop owned by ${role}`);
    await client.query(`drop role ${role}`);
  });

  it('quotes no row to a role that row-level security applies to', async () => {
    const role = `writer_${database.name}`;
    await client.query(`create role ${role}`);
    await client.query(`grant insert, select on guarded to ${role}`);
    await client.query('alter table guarded enable row level security');
    await client.query(`create policy everything on guarded to ${role} using (true) with check (true)`);
    await client.query(`set role ${role}`);
    const log = await logged(async () => {
      const error = await insert(Buffer.from(PLAINTEXT), null);
      expect([error.code, error.detail]).toEqual(['23514', undefined]);
    });
    expect(log).toContain('violates check constraint');
    expect(log).not.toContain(HEX);
    await client.query('reset role');
    await client.query(`drop owned by ${role}`);
    await client.query(`drop role ${role}`);
  });

  it('is in the server log with that detail, unless log_error_verbosity is terse', async () => {
    const withDetail = await logged(() => insert(Buffer.from(PLAINTEXT), null));
    expect(withDetail).toContain(`DETAIL:  Failing row contains (a note, \\x${HEX}, null).`);
    await client.query('set log_error_verbosity = terse');
    const terse = await logged(() => insert(Buffer.from(PLAINTEXT), null));
    expect(terse).toContain('violates check constraint');
    expect(terse).not.toContain(HEX);
  });

  it('is in the server log with the statement, and so with a plaintext that was written into the SQL', async () => {
    await client.query('set log_error_verbosity = terse');
    const literal = (sql: string) => logged(() => client.query(sql).catch(() => undefined));
    const sql = `insert into guarded (remark) values ('${PLAINTEXT}')`;
    expect(await literal(sql)).toContain(PLAINTEXT);
    await client.query('set log_min_error_statement = panic');
    expect(await literal(sql)).not.toContain(PLAINTEXT);
  });
});

const skip = mariadb === undefined ? { skip: true, meta: { skipReason: mariadbSkipReason } } : {};

describe('an error of MariaDB for a CHECK that failed', skip, () => {
  let database: TestDatabase | undefined;
  beforeAll(async () => {
    database = await mariadb?.createDatabase('errors');
    const connection = await createConnection({ ...database?.connection });
    await connection.query(`create table guarded (${asText.ddl('mysql').column})`);
    await connection.end();
  });
  afterAll(() => database?.drop());
  const SQL = 'insert into guarded (remark) values (?)';

  it('quotes no value, but mysql2 adds the statement with its parameters written into it', async () => {
    const connection = await createConnection({ ...database?.connection });
    const error = await connection.query(SQL, [PLAINTEXT]).catch((caught) => caught);
    expect([error.errno, error.sql]).toEqual([4025, SQL.replace('?', `'${PLAINTEXT}'`)]);
    expect(error.message).not.toContain(PLAINTEXT);
    const prepared = await connection.execute(SQL, [PLAINTEXT]).catch((caught) => caught);
    expect([prepared.errno, prepared.sql]).toEqual([4025, SQL]);
    await connection.end();
  });

  it('quotes no value, but mariadb adds the parameters to its message unless logParam is false', async () => {
    for (const logParam of [undefined, true, false]) {
      const connection = await connectMariadb({ ...database?.connection, ...(logParam !== undefined && { logParam }) });
      const error = await connection.query(SQL, [PLAINTEXT]).catch((caught) => caught);
      expect(error.errno).toBe(4025);
      expect(error.message.includes(PLAINTEXT), String(logParam)).toBe(logParam !== false);
      await connection.end();
    }
  });
});

describe('an error of SQLite for a CHECK that failed', () => {
  it('quotes no value', () => {
    const database = new sqlite.Database();
    database.exec(`create table guarded (${asText.ddl('sqlite').column})`);
    let message = '';
    try {
      database.run('insert into guarded (remark) values (?)', [PLAINTEXT]);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain('CHECK constraint failed');
    expect(message).not.toContain(PLAINTEXT);
    database.close();
  });
});
