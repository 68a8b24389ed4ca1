import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  databaseFiles,
  dumpPostgres,
  type KeptWal,
  keepWal,
  searchForPlaintext,
  startPostgres,
  type TestDatabase,
  type TestServer,
} from '../src/index.js';
import { withPostgresClient } from '../src/postgres-client.js';

// Stored without any encryption: the search must find every one of them.
const control = {
  text: `control ${randomBytes(12).toString('hex')}`,
  bytea: randomBytes(32),
  large: randomBytes(1024 * 1024),
  updated: randomBytes(32),
  absent: randomBytes(32),
};

describe.each([
  ['the server at hand', { embedded: false }],
  ['the embedded server', { embedded: true }],
])('on %s', (_, options) => {
  let server: TestServer;
  let database: TestDatabase;
  let wal: KeptWal;

  beforeAll(async () => {
    server = await startPostgres(options);
    database = await server.createDatabase('contents');
    wal = await keepWal(database);
    await withPostgresClient(database.connection, async (client) => {
      await client.query('CREATE TABLE employees (id int PRIMARY KEY, name text, token bytea, photo bytea)');
      await client.query('CREATE INDEX by_name ON employees (name)');
      await client.query('CREATE SCHEMA "Other schema"');
      await client.query('CREATE TABLE "Other schema"."A table" AS SELECT $1::text AS name', [control.text]);
      await client.query('INSERT INTO employees VALUES (1, $1, $2, $3)', [
        control.text,
        control.updated,
        control.large,
      ]);
      await client.query('UPDATE employees SET token = $1', [control.bytea]);
    });
  });
  afterAll(async () => {
    await wal?.stop();
    await database?.drop();
    await server?.stop();
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const search = async (files: Promise<{ name: string; bytes: Uint8Array }[]>, value: Uint8Array | string) =>
    searchForPlaintext(await files, Buffer.from(value));

  it('a dump by COPY holds every row of a table of several megabytes', async () => {
    await withPostgresClient(database.connection, async (client) => {
      await client.query(
        "CREATE TABLE many AS SELECT i, 'row ' || i || ' ' || repeat(md5(i::text), 32) AS line FROM generate_series(1, 4000) AS i",
      );
    });
    vi.stubEnv('PATH', '');
    const dump = await dumpPostgres(database);
    expect(dump.tool).toBe('copy');
    const found = new Set(Array.from(dump.text.matchAll(/\trow (\d+) /g), ([, number]) => number));
    expect(found.size).toBe(4000);
  });

  it('a dump holds text as it is, and bytea as hex', async () => {
    const dump = await dumpPostgres(database);
    const haystack = [{ name: dump.tool, bytes: Buffer.from(dump.text) }];
    const forms = (value: Uint8Array) => searchForPlaintext(haystack, value).map(({ form }) => form);
    expect(forms(Buffer.from(control.text))).toEqual(['bytes']);
    expect(forms(control.bytea)).toEqual(['hex']);
    expect(forms(control.large)).toEqual(['hex']);
    expect(forms(control.absent)).toEqual([]);
  });

  it('a dump is made by COPY where there is no pg_dump', async () => {
    vi.stubEnv('PATH', '');
    const { tool, text } = await dumpPostgres(database);
    expect(tool).toBe('copy');
    expect(text).toContain(`-- "Other schema"."A table"\n${control.text}\n`);
    expect(text).toContain(`\n-- public.employees\n1\t${control.text}\t\\\\x${control.bytea.toString('hex')}\t\\\\x`);
  });

  it('the files hold values in the table, in its index and in its TOAST', async () => {
    const files = databaseFiles(database);
    const names = async (value: Uint8Array | string) => (await search(files, value)).map(({ name }) => name);
    const inRelation = (pattern: RegExp) => expect.arrayContaining([expect.stringMatching(pattern)]);
    expect(await names(control.text)).toEqual(inRelation(/^base\/\d+\/\d+ \(employees\)$/));
    expect(await names(control.text)).toEqual(inRelation(/\(by_name\)$/));
    expect(await names(control.bytea)).toEqual(inRelation(/\(employees\)$/));
    expect(await names(control.large)).toEqual(inRelation(/\(pg_toast\.pg_toast_\d+\)$/));
    expect(await names(control.absent)).toEqual([]);
  });

  it('the write-ahead log holds what was written, and what was overwritten since', async () => {
    // Checkpoints, and a whole file of log: what was written before is thrown away unless it is kept.
    await withPostgresClient(database.connection, async (client) => {
      await client.query(
        'CREATE TABLE filler AS SELECT repeat(md5(i::text), 30) AS line FROM generate_series(1, 20000) AS i',
      );
      await client.query('CHECKPOINT');
      await client.query('SELECT pg_switch_wal()');
      await client.query('CHECKPOINT');
    });
    const files = wal.files();
    for (const value of [control.text, control.bytea, control.updated, control.large]) {
      expect(await search(files, value)).not.toEqual([]);
    }
    expect(await search(files, control.absent)).toEqual([]);
  });
});
