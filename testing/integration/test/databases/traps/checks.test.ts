import { createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { encryptedColumn, text } from '@sqlcrypter/sql';
import { mariadbSkipReason, startMariadb, startPostgres, type TestDatabase } from '@sqlcrypter/test-databases';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import sqlite from 'node-sqlite3-wasm';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PLAINTEXT = '999-00-1234';
const crypterer = createAesCrypterer({ key: generateKey() });
const bytes = encryptedColumn({ table: 'guarded', column: 'secret', type: text(), crypterer });
const asText = encryptedColumn({ table: 'guarded', column: 'remark', type: text(), encoding: 'text', crypterer });
/** Plaintext that begins as a ciphertext does. */
const MAGIC = Buffer.concat([Buffer.from('00c7', 'hex'), Buffer.from(PLAINTEXT)]);
const PREFIXED = `sc1.${PLAINTEXT}`;

const postgres = await startPostgres();
const mariadb = await startMariadb();
afterAll(() => Promise.all([postgres.stop(), mariadb?.stop()]));

/** Whatever a guard let through, reading it is an error and never the plaintext. */
async function expectErrors(secret: Uint8Array, remark: string): Promise<void> {
  const code = expect.stringMatching(/^(FRAME_UNKNOWN|FRAME_UNSUPPORTED|INVALID_ARGUMENT)$/);
  await expect(bytes.decrypt(secret)).rejects.toMatchObject({ code });
  await expect(asText.decrypt(remark)).rejects.toMatchObject({ code });
}

describe('PostgreSQL', () => {
  let database: TestDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    database = await postgres.createDatabase('checks');
    client = new pg.Client(database.connection);
    await client.connect();
    await client.query(`create table guarded (${bytes.ddl('postgres').column}, ${asText.ddl('postgres').column})`);
  });
  afterAll(async () => {
    await client?.end();
    await database?.drop();
  });

  const insert = (secret: unknown, remark: unknown) =>
    client.query('insert into guarded (secret, remark) values ($1, $2) returning *', [secret, remark]);

  it('rejects plaintext, also in COPY', async () => {
    await expect(insert(Buffer.from(PLAINTEXT), null)).rejects.toMatchObject({ code: '23514' });
    await expect(insert(null, PLAINTEXT)).rejects.toMatchObject({ code: '23514' });
    await client.query('create table source as select $1::text as remark', [PLAINTEXT]);
    const copied = client.query('insert into guarded (remark) select remark from source');
    await expect(copied).rejects.toMatchObject({ code: '23514' });
  });

  it('stores plaintext that begins with the magic bytes or with sc1., and reading it is an error', async () => {
    const { rows } = await insert(MAGIC, PREFIXED);
    await expectErrors(rows[0].secret, rows[0].remark);
  });

  it('stores a ciphertext of another column, and reading it is AUTH_FAILED', async () => {
    const other = encryptedColumn({ table: 'guarded', column: 'other', type: text(), crypterer });
    const { rows } = await insert(await other.encrypt(PLAINTEXT), null);
    await expect(bytes.decrypt(rows[0].secret)).rejects.toMatchObject({ code: 'AUTH_FAILED' });
  });

  it('keeps the plaintext of earlier rows under a NOT VALID constraint', async () => {
    await client.query('create table earlier (secret bytea)');
    await client.query('insert into earlier values ($1)', [PLAINTEXT]);
    const earlier = encryptedColumn({ table: 'earlier', column: 'secret', type: text(), crypterer });
    const [add, validate] = earlier.ddl('postgres').addCheck as [string, string];
    await client.query(add);
    await expect(client.query(validate)).rejects.toMatchObject({ code: '23514' });
    const { rows } = await client.query('select secret from earlier');
    expect(rows[0].secret.toString()).toBe(PLAINTEXT);
  });
});

describe('MariaDB', mariadb === undefined ? { skip: true, meta: { skipReason: mariadbSkipReason } } : {}, () => {
  let database: TestDatabase | undefined;
  let owner: Connection;
  let client: Connection;
  beforeAll(async () => {
    database = await mariadb?.createDatabase('checks');
    owner = await createConnection({ ...database?.connection });
    await owner.query(`create table guarded (${bytes.ddl('mysql').column}, ${asText.ddl('mysql').column})`);
    // An account that may insert and read, and nothing else.
    const user = database?.name as string;
    await owner.query(`create user ${user} identified by 'checks'`);
    await owner.query(`grant select, insert on guarded to ${user}`);
    client = await createConnection({ ...database?.connection, user, password: 'checks' });
  });
  afterAll(async () => {
    await client?.end();
    await owner?.query(`drop user ${database?.name}`);
    await owner?.end();
    await database?.drop();
  });

  const insert = (secret: unknown, remark: unknown, how = '') =>
    client.execute(`insert ${how} into guarded (secret, remark) values (?, ?)`, [secret, remark] as never);
  const stored = async () => {
    const [rows] = await client.query<RowDataPacket[]>('select secret, remark from guarded');
    await owner.query('delete from guarded');
    return rows;
  };

  it('rejects plaintext; INSERT IGNORE of several rows drops it without an error', async () => {
    await expect(insert(Buffer.from(PLAINTEXT), null)).rejects.toMatchObject({ errno: 4025 });
    await expect(insert(null, PLAINTEXT)).rejects.toMatchObject({ errno: 4025 });
    await expect(insert(null, PLAINTEXT, 'ignore')).rejects.toMatchObject({ errno: 4025 });
    const own = await asText.encrypt(PLAINTEXT);
    await client.execute('insert ignore into guarded (remark) values (?), (?)', [PLAINTEXT, own]);
    expect((await stored()).map(({ remark }) => remark)).toEqual([own]);
  });

  it('stores plaintext that begins with the magic bytes or with sc1., and reading it is an error', async () => {
    await insert(MAGIC, PREFIXED);
    const [row] = await stored();
    await expectErrors(row?.secret as Buffer, row?.remark as string);
  });

  it('stores any plaintext while a session sets check_constraint_checks=0, which needs no privilege', async () => {
    await client.query('set check_constraint_checks = 0');
    await insert(Buffer.from(PLAINTEXT), PLAINTEXT);
    await client.query('set check_constraint_checks = 1');
    const [row] = await stored();
    expect([row?.secret.toString(), row?.remark]).toEqual([PLAINTEXT, PLAINTEXT]);
    await expectErrors(row?.secret as Buffer, row?.remark as string);
  });

  it('rejects it all the same where a trigger guards the column', async () => {
    await owner.query('create table triggered (secret longblob)');
    await owner.query(`create trigger triggered_secret before insert on triggered for each row
      if not (left(new.secret, 2) = x'00c7') then signal sqlstate '45000' set message_text = 'not encrypted'; end if`);
    await owner.query('set check_constraint_checks = 0');
    await expect(owner.query('insert into triggered values (?)', [PLAINTEXT])).rejects.toMatchObject({
      sqlMessage: 'not encrypted',
    });
    await owner.query('insert into triggered values (?), (null)', [await bytes.encrypt(PLAINTEXT)]);
    await owner.query('set check_constraint_checks = 1');
  });
});

describe('SQLite', () => {
  function open(columns: string, statements: readonly string[] = []) {
    const database = new sqlite.Database();
    database.exec(`create table guarded (${columns})`);
    for (const statement of statements) database.exec(statement);
    const insert = (secret: unknown, remark: unknown, how = '') =>
      database.run(`insert ${how} into guarded (secret, remark) values (?, ?)`, [secret, remark] as never);
    const stored = () => database.get('select secret, remark from guarded') as { secret: Uint8Array; remark: string };
    return { database, insert, stored };
  }
  const checked = () => open(`${bytes.ddl('sqlite').column}, ${asText.ddl('sqlite').column}`);

  it('rejects plaintext; INSERT OR IGNORE drops the row without a word', () => {
    const { database, insert } = checked();
    expect(() => insert(Buffer.from(PLAINTEXT), null)).toThrow(/CHECK constraint failed/);
    expect(() => insert(null, PLAINTEXT)).toThrow(/CHECK constraint failed/);
    insert(null, PLAINTEXT, 'or ignore');
    expect(database.get('select count(*) as count from guarded')).toEqual({ count: 0 });
    database.close();
  });

  it('stores plaintext that begins with the magic bytes or with sc1., and reading it is an error', async () => {
    const { database, insert, stored } = checked();
    insert(MAGIC, PREFIXED);
    await expectErrors(stored().secret, stored().remark);
    database.close();
  });

  it('stores any plaintext on a connection that sets ignore_check_constraints', async () => {
    const { database, insert, stored } = checked();
    database.exec('pragma ignore_check_constraints = on');
    insert(Buffer.from(PLAINTEXT), PLAINTEXT);
    expect([Buffer.from(stored().secret).toString(), stored().remark]).toEqual([PLAINTEXT, PLAINTEXT]);
    await expectErrors(stored().secret, stored().remark);
    database.close();
  });

  it('rejects it all the same where the triggers of addCheck guard the column', () => {
    const guards = [...bytes.ddl('sqlite').addCheck, ...asText.ddl('sqlite').addCheck];
    const { database, insert } = open('secret blob, remark text', guards);
    database.exec('pragma ignore_check_constraints = on');
    for (const how of ['', 'or ignore', 'or replace']) {
      expect(() => insert(Buffer.from(PLAINTEXT), null, how)).toThrow(/not encrypted/);
      expect(() => insert(null, PLAINTEXT, how)).toThrow(/not encrypted/);
    }
    database.close();
  });
});
