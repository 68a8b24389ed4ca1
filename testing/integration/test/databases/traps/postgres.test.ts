import { PGlite } from '@electric-sql/pglite';
import { startPostgres, type TestDatabase } from '@sqlcrypter/test-databases';
import pg from 'pg';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PlainClass, secret } from './secret.js';

const server = await startPostgres();
const plaintexts = ['one', 'two', 'three'];
let database: TestDatabase;

beforeAll(async () => {
  database = await server.createDatabase('traps');
});
afterAll(async () => {
  await database?.drop();
  await server.stop();
});

describe('pg', () => {
  let client: pg.Client;
  beforeAll(async () => {
    client = new pg.Client(database.connection);
    await client.connect();
  });
  afterAll(() => client?.end());

  it('escapes values inside an array, of which it makes text', async () => {
    const values = await secret.encryptMany(plaintexts);
    const { rows } = await client.query('select secret from unnest($1::bytea[]) as secret', [values]);
    expect(await secret.decryptMany(rows.map((row) => row.secret))).toEqual(plaintexts);
  });

  it('asks an object for its parameter, but not inside an array', async () => {
    const value = await secret.encrypt('one');
    const hooked = { toPostgres: (prepare: (parameter: unknown) => unknown) => prepare(value) };
    const { rows } = await client.query('select $1::bytea as secret', [hooked]);
    expect(await secret.decrypt(rows[0].secret)).toBe('one');
    await expect(client.query('select $1::bytea[]', [[hooked]])).rejects.toThrow(TypeError);
  });

  it('spoils bytes that it is asked for in the binary format: they are refused', async () => {
    const query = { text: 'select $1::bytea as secret', values: [await secret.encrypt('one')], binary: true };
    const { rows } = await client.query<{ secret: string }>(query);
    await expect(secret.decrypt(rows[0]?.secret as string)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    // Its parsers are handed a Buffer, but one that was made of text.
    const types = { getTypeParser: () => (bytes: Buffer) => bytes };
    const raw = await client.query<{ secret: Buffer }>({ ...query, types } as pg.QueryConfig);
    await expect(secret.decrypt(raw.rows[0]?.secret as Buffer)).rejects.toMatchObject({ code: 'FRAME_UNKNOWN' });
  });

  it('refuses encrypted bytes in a text column', async () => {
    const value = await secret.encrypt('one');
    await expect(client.query('select $1::text', [value])).rejects.toMatchObject({ code: '22021' });
  });

  it('gives text for bytes inside JSON, which can be decrypted', async () => {
    const values = await secret.encryptMany(plaintexts);
    const { rows } = await client.query('select json_agg(secret) as secrets from unnest($1::bytea[]) as secret', [
      values,
    ]);
    expect(rows[0].secrets[0]).toMatch(/^\\x00c7/);
    expect(await secret.decryptMany(rows[0].secrets)).toEqual(plaintexts);
  });
});

describe('postgres', () => {
  let sql: postgres.Sql;
  beforeAll(async () => {
    sql = postgres(database.url, { max: 1 });
    await sql`create table helper (id int, secret bytea, remark text)`;
  });
  afterAll(() => sql?.end());

  it('binds values in a template and through its helpers', async () => {
    const values = await secret.encryptMany(plaintexts);
    const rows = values.map((value, id) => ({ id, secret: value }));
    const inserted = await sql`insert into helper ${sql(rows)} returning secret`;
    expect(await secret.decryptMany(inserted.map((row) => row.secret))).toEqual(plaintexts);
    const next = await secret.encrypt('next');
    const [updated] = await sql`update helper set secret = ${next} where id = 0 returning secret`;
    expect(await secret.decrypt(updated?.secret)).toBe('next');
  });

  it('reads through a cursor', async () => {
    await sql`delete from helper`;
    const values = await secret.encryptMany(plaintexts);
    await sql`insert into helper ${sql(values.map((value, id) => ({ id, secret: value })))}`;
    const read: string[] = [];
    for await (const rows of sql`select secret from helper order by id`.cursor(2)) {
      read.push(...(await secret.decryptMany(rows.map((row) => row.secret as Buffer))));
    }
    expect(read).toEqual(plaintexts);
  });

  it('stores an object that is no Buffer in a text column as [object Object]', async () => {
    const value = new PlainClass(await secret.encrypt('one'));
    const [row] = await sql`insert into helper (remark) values (${value as never}) returning remark`;
    expect(row?.remark).toBe('[object Object]');
  });
});

describe('PGlite', () => {
  it('is out of step for two queries after a serializer that gave a Promise', async () => {
    await using database = await PGlite.create();
    const value = await secret.encrypt('one');
    const serializers = { 17: (async () => '\\x00') as never };
    await expect(database.query('select $1::bytea', [value], { serializers })).rejects.toThrow();
    await expect(database.query('select 1')).rejects.toThrow();
    await expect(database.query('select 1')).rejects.toThrow();
    const { rows } = await database.query<{ secret: Uint8Array }>('select $1::bytea as secret', [value]);
    expect(await secret.decrypt(rows[0]?.secret as Uint8Array)).toBe('one');
  });
});
