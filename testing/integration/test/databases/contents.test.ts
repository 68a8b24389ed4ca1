import { randomBytes } from 'node:crypto';
import { type NamedBytes, searchForPlaintext, startPostgres } from '@sqlcrypter/test-databases';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Driver } from './driver.js';
import { libsqlDriver } from './drivers/libsql.js';
import { nodeSqlite3WasmDriver } from './drivers/node-sqlite3-wasm.js';
import { pgDriver } from './drivers/pg.js';
import { createEmployees, employees } from './employees.js';
import { providers } from './key-holder.js';

const server = await startPostgres();
afterAll(() => server.stop());

/** What nothing can compress, and what occurs nowhere else. */
const randomText = () => randomBytes(24).toString('base64url');
const randomPhoto = () => randomBytes(256 * 1024);

interface Case {
  driver: Driver;
  journal?: string;
  /** Where values that are not encrypted are found: in every one of these. */
  places: RegExp[];
}

const cases: Case[] = [
  { driver: pgDriver(server), places: [/^the dump by /, /^base\/.*\(plain\)$/, /^base\/.*toast/, /^pg_wal\//] },
  { driver: nodeSqlite3WasmDriver, journal: 'persist', places: [/\.sqlite$/, /-journal$/] },
  { driver: libsqlDriver, journal: 'wal', places: [/-wal$/] },
];

describe.each(cases)('the files of a database written by $driver.name', ({ driver, journal, places }) => {
  describe.each(providers)('with $name', (provider) => {
    /** Encrypted, the last of each also overwritten. */
    const secrets = { first: randomText(), last: randomText(), photo: randomPhoto(), note: randomText() };
    /** Stored as they are. */
    const controls = { first: randomText(), last: randomText(), photo: randomPhoto() };
    let contents: NamedBytes[];

    beforeAll(async () => {
      await using keys = await provider.hold();
      await using crypterer = await keys.start();
      await using database = await driver.createDatabase();
      const { run, close } = await database.connect();
      const columns = employees(crypterer);
      if (journal !== undefined) await run(`pragma journal_mode = ${journal}`);
      await run(createEmployees(columns, driver.dialect));
      const { type } = columns.photo.ddl(driver.dialect);
      await run(`create table plain (id integer primary key, name text, photo ${type})`);

      await run('insert into employees (id, ssn, name, photo, notes) values (1, ?, ?, ?, ?)', [
        await columns.ssn.encrypt(secrets.first, { row: 1 }),
        await columns.name.encrypt(secrets.first),
        await columns.photo.encrypt(secrets.photo),
        await columns.notes.encrypt(secrets.note),
      ]);
      await run('insert into plain (id, name, photo) values (1, ?, ?)', [controls.first, controls.photo]);
      await run('update employees set name = ? where id = 1', [await columns.name.encrypt(secrets.last)]);
      await run('update plain set name = ? where id = 1', [controls.last]);
      contents = (await database.contents?.()) ?? [];
      await close();
    });

    it.each(Object.entries(secrets))('hold the encrypted value "%s" in no form', (_, secret) => {
      expect(searchForPlaintext(contents, Buffer.from(secret))).toEqual([]);
    });

    it('hold the same kind of value in every place when it is not encrypted', () => {
      const found = Object.values(controls).flatMap((control) => searchForPlaintext(contents, Buffer.from(control)));
      const names = found.map(({ name }) => name);
      for (const place of places) expect(names).toContainEqual(expect.stringMatching(place));
      for (const control of [controls.last, controls.photo]) {
        expect(searchForPlaintext(contents, Buffer.from(control))).not.toEqual([]);
      }
    });
  });
});
