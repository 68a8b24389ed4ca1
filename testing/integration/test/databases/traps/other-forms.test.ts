import { decryptRows, encryptedColumn, text } from '@sqlcrypter/sql';
import { mariadbSkipReason, startMariadb, startPostgres, type TestDatabase } from '@sqlcrypter/test-databases';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crypterer, secret, secretText } from './secret.js';

const postgres = await startPostgres();
const mariadb = await startMariadb();
afterAll(() => Promise.all([postgres.stop(), mariadb?.stop()]));

/** What a column says of a value that a database gave in another form than its own. */
async function refusal(value: unknown): Promise<{ code: string; message: string }> {
  const error = await secret.decrypt(value as string).then(
    () => expect.unreachable('it was accepted'),
    (failure: { code: string; message: string }) => failure,
  );
  expect(error.message).toContain('Column unchecked.secret');
  expect(error.message).not.toContain('perhaps plaintext');
  return error;
}

describe('PostgreSQL', () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await postgres.createDatabase('forms');
    client = new pg.Client(database.connection);
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await database?.drop();
  });

  async function select(expression: string): Promise<unknown> {
    const { rows } = await client.query(`select ${expression} as value`, [await secret.encrypt('x'.repeat(100))]);
    return rows[0].value;
  }

  it.each([
    ["encode($1::bytea, 'base64')", /base64/],
    ["encode($1::bytea, 'hex')", /in hex/],
    ["upper(encode($1::bytea, 'hex'))", /in hex/],
    ["'0x' || encode($1::bytea, 'hex')", /in hex/],
    ["encode($1::bytea, 'escape')", /escape format/],
    ["to_json(encode($1::bytea, 'base64'))::text", /text in JSON/],
    ["$1::bytea::text || '   '", /without blanks/],
  ])('a value selected as %s is refused by the name of its form', async (expression, cause) => {
    const value = await select(expression);
    const { code, message } = await refusal(value);
    expect(code).toBe('INVALID_ARGUMENT');
    expect(message).toMatch(cause);
  });

  it('bytea_output = escape is named as the cause where a driver gives bytea as text', async () => {
    await client.query("set bytea_output = 'escape'");
    const value = await select('$1::bytea::text');
    await client.query('reset bytea_output');
    expect((await refusal(value)).message).toMatch(/bytea_output = escape/);
  });

  it('a text column of CHAR(n), which is filled up with blanks, is named', async () => {
    const { rows } = await client.query('select $1::char(300) as value', [await secretText.encrypt('x')]);
    expect(rows[0].value).toHaveLength(300);
    expect((await refusal(rows[0].value)).message).toMatch(/without blanks/);
  });

  it('text in a column of bytes is named', async () => {
    const stored = await secretText.encrypt('x');
    const { rows } = await client.query("select convert_to($1, 'UTF8') as value", [stored]);
    const { code, message } = await refusal(rows[0].value);
    expect(code).toBe('FRAME_UNKNOWN');
    expect(message).toMatch(/are text.*`sc1\.…`/);
  });

  it('a uuid is the same id as text, in upper case, and as 16 bytes', async () => {
    const column = encryptedColumn({ table: 'unchecked', column: 'secret', type: text(), bind: ['row'], crypterer });
    const { rows } = await client.query('select gen_random_uuid() as id');
    const stored = Buffer.from(await column.encrypt('x', { row: rows[0].id }));
    const read = await client.query('select uuid_send($1::uuid) as id, upper($1::text) as upper', [rows[0].id]);
    expect(read.rows[0].id).toHaveLength(16);
    expect(await column.decrypt(stored, { row: read.rows[0].id })).toBe('x');
    expect(await column.decrypt(stored, { row: read.rows[0].upper })).toBe('x');
  });
});

describe('MariaDB', mariadb === undefined ? { skip: true, meta: { skipReason: mariadbSkipReason } } : {}, () => {
  let database: TestDatabase | undefined;
  let client: Connection;

  beforeAll(async () => {
    database = await mariadb?.createDatabase('forms');
    client = await createConnection({ ...database?.connection });
  });
  afterAll(async () => {
    await client?.end();
    await database?.drop();
  });

  async function select(expression: string, value: unknown): Promise<unknown> {
    const [rows] = await client.query<RowDataPacket[]>(`select ${expression} as value`, [value]);
    return rows[0]?.value;
  }

  it.each([
    ['to_base64(?)', /base64/],
    ['hex(?)', /in hex/],
    ["concat('0x', lower(hex(?)))", /in hex/],
    ['convert(cast(? as binary) using latin1)', /binary string/],
  ])('a value selected as %s is refused by the name of its form', async (expression, cause) => {
    const { code, message } = await refusal(await select(expression, await secret.encrypt('x'.repeat(100))));
    expect(code).toBe('INVALID_ARGUMENT');
    expect(message).toMatch(cause);
  });

  it('a column of BINARY(n), which is filled up with zeros, is named when the value does not authenticate', async () => {
    await client.query('create table padded (secret binary(100))');
    await client.query('insert into padded values (?)', [await secret.encrypt('x')]);
    const [rows] = await client.query<RowDataPacket[]>('select secret from padded');
    const { code, message } = await refusal(rows[0]?.secret);
    expect(code).toBe('AUTH_FAILED');
    expect(message).toMatch(/ends in \d+ zero bytes.*BINARY\(n\)/);
    await expect(decryptRows(rows as { secret: Buffer }[], { secret })).rejects.toMatchObject({ message });
  });

  it('an id of BINARY(16) is the same as the UUID of its text', async () => {
    const id = '6f1c2d3e-0000-4000-8000-00000000abcd';
    const column = encryptedColumn({ table: 'unchecked', column: 'secret', type: text(), bind: ['row'], crypterer });
    await client.query('create table by_uuid (id binary(16) primary key, secret longblob)');
    await client.query("insert into by_uuid values (unhex(replace(?, '-', '')), ?)", [
      id,
      await column.encrypt('x', { row: id }),
    ]);
    const [rows] = await client.query<RowDataPacket[]>('select id, secret from by_uuid');
    const read = await decryptRows(
      rows as { id: Buffer; secret: Buffer }[],
      { secret: column },
      { row: (row) => row.id },
    );
    expect(read[0]?.secret).toBe('x');
  });
});
