import { mariadbSkipReason, startMariadb, type TestDatabase } from '@sqlcrypter/test-databases';
import { createConnection as connectMariadb, type Connection as MariadbConnection } from 'mariadb';
import { type Connection, createConnection, format, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secret, secretText } from './secret.js';

const server = await startMariadb();
const plaintexts = ['one', 'two', 'three'];
const skip = server === undefined ? { skip: true, meta: { skipReason: mariadbSkipReason } } : {};
afterAll(() => server?.stop());

describe('MariaDB', skip, () => {
  let database: TestDatabase | undefined;
  let mysql2: Connection;
  let mariadb: MariadbConnection;

  beforeAll(async () => {
    database = await server?.createDatabase('traps');
    mysql2 = await createConnection({ ...database?.connection });
    mariadb = await connectMariadb({ ...database?.connection });
    await mysql2.query('create table unchecked (id int, secret longblob, remark longtext)');
  });
  afterAll(async () => {
    await mysql2?.end();
    await mariadb?.end();
    await database?.drop();
  });

  async function stored(): Promise<Buffer[]> {
    const [rows] = await mysql2.query<RowDataPacket[]>('select secret from unchecked order by id');
    await mysql2.query('delete from unchecked');
    return rows.map((row) => row.secret as Buffer);
  }

  it('mysql2 writes a value into the statement as hexadecimal digits', async () => {
    const value = await secret.encrypt('one');
    expect(format('?', [value])).toBe(`X'${value.toString('hex')}'`);
  });

  it('mysql2 inserts a list of rows', async () => {
    const values = await secret.encryptMany(plaintexts);
    await mysql2.query('insert into unchecked (id, secret) values ?', [values.map((value, id) => [id, value])]);
    expect(await secret.decryptMany(await stored())).toEqual(plaintexts);
  });

  it('mariadb inserts a batch', async () => {
    const values = await secret.encryptMany(plaintexts);
    await mariadb.batch(
      'insert into unchecked (id, secret) values (?, ?)',
      values.map((value, id) => [id, value]),
    );
    expect(await secret.decryptMany(await stored())).toEqual(plaintexts);
  });

  it('refuses a value that is too long for its column, and cuts nothing off', async () => {
    await mysql2.query('create table short (secret varbinary(20))');
    const value = await secret.encrypt('one');
    await expect(mysql2.query('insert into short values (?)', [value])).rejects.toMatchObject({
      code: 'ER_DATA_TOO_LONG',
    });
    await expect(mariadb.query('insert into short values (?)', [value])).rejects.toMatchObject({
      code: 'ER_DATA_TOO_LONG',
    });
  });

  it('spoils bytes inside JSON: they are refused, and text columns are not affected', async () => {
    await mysql2.query('insert into unchecked (id, secret, remark) values (1, ?, ?)', [
      await secret.encrypt('one'),
      await secretText.encrypt('two'),
    ]);
    const [rows] = await mysql2.query<RowDataPacket[]>(
      "select json_object('secret', secret, 'remark', remark) as result from unchecked",
    );
    await stored();
    const result = rows[0]?.result;
    await expect(secret.decrypt(result.secret)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await secretText.decrypt(result.remark)).toBe('two');
  });
});
