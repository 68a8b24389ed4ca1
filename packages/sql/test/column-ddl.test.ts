import { createAesCrypterer } from '@sqlcrypter/aes';
import sqlite from 'node-sqlite3-wasm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { boolean, bytes, type Dialect, date, encryptedColumn, number, text } from '../src/index.js';
import { localKey } from './crypterers.js';
import { expectCode } from './expect-code.js';

const crypterer = createAesCrypterer({ key: localKey(1) });
const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text(), crypterer });
const note = encryptedColumn({ table: 'employee', column: 'note', type: text(), encoding: 'text', crypterer });
const DIALECTS: readonly Dialect[] = ['postgres', 'mysql', 'sqlite', 'mssql'];

describe('ddl of a column of bytes', () => {
  it.each<[Dialect, string, string]>([
    ['postgres', 'bytea', `"ssn" bytea check (substring("ssn" from 1 for 2) = '\\x00c7'::bytea)`],
    ['mysql', 'longblob', "`ssn` longblob check (left(`ssn`, 2) = x'00c7')"],
    [
      'sqlite',
      'blob',
      `"ssn" blob check ("ssn" is null or (typeof("ssn") = 'blob' and substr("ssn", 1, 2) is x'00c7'))`,
    ],
    ['mssql', 'varbinary(max)', '[ssn] varbinary(max) check (substring([ssn], 1, 2) = 0x00c7)'],
  ])('in %s', (dialect, type, column) => {
    const ddl = ssn.ddl(dialect);
    expect(ddl).toMatchObject({ type, column });
    expect(column).toContain(`check (${ddl.check})`);
  });
});

describe('ddl of a column of text', () => {
  it.each<[Dialect, string, string]>([
    ['postgres', 'text', `left("note", 4) = 'sc1.'`],
    ['mysql', 'longtext character set ascii collate ascii_bin', "left(`note`, 4) = 'sc1.'"],
    ['sqlite', 'text', `"note" is null or (typeof("note") = 'text' and substr("note", 1, 4) is 'sc1.')`],
    ['mssql', 'varchar(max)', "left([note], 4) = 'sc1.'"],
  ])('in %s', (dialect, type, check) => {
    expect(note.ddl(dialect)).toMatchObject({ type, check });
  });
});

describe('the size of a column', () => {
  const typeOf = (
    type: Parameters<typeof encryptedColumn>[0]['type'],
    dialect: Dialect,
    encoding: 'bytes' | 'text' = 'bytes',
  ) => encryptedColumn({ table: 't', column: 'c', type, encoding }).ddl(dialect).type;

  it('is the most plaintext with room for the frame of any provider', () => {
    expect(typeOf(number(), 'mysql')).toBe('varbinary(520)');
    expect(typeOf(boolean(), 'mssql')).toBe('varbinary(513)');
    expect(typeOf(date(), 'mysql')).toBe('varbinary(520)');
    expect(typeOf(text({ maxBytes: 11 }), 'mysql')).toBe('varbinary(523)');
    expect(typeOf(text({ maxBytes: 11, padTo: 16 }), 'mysql')).toBe('varbinary(528)');
    expect(typeOf(text({ maxBytes: 16, padTo: 16 }), 'mysql')).toBe('varbinary(544)');
    expect(typeOf(number(), 'postgres')).toBe('bytea');
  });

  it('is as large as the database has where that is too much for a sized type', () => {
    expect(typeOf(bytes({ maxBytes: 10_000 }), 'mysql')).toBe('mediumblob');
    expect(typeOf(bytes({ maxBytes: 2 ** 24 }), 'mysql')).toBe('longblob');
    expect(typeOf(bytes({ maxBytes: 10_000 }), 'mssql')).toBe('varbinary(max)');
    expect(typeOf(bytes({ maxBytes: 10_000 }), 'mysql', 'text')).toBe(
      'mediumtext character set ascii collate ascii_bin',
    );
  });

  it('holds the text of the longest value', async () => {
    const column = encryptedColumn({ table: 't', column: 'c', type: number(), encoding: 'text', crypterer });
    expect(column.ddl('mysql').type).toBe('varchar(698) character set ascii collate ascii_bin');
    expect((await column.encrypt(1)).length).toBeLessThanOrEqual(698);
    expect(`sc1.${Buffer.alloc(520).toString('base64url')}`.length).toBe(698);
  });
});

describe('statements for a table that exists', () => {
  it('add the check in PostgreSQL without a long lock, and validate it later', () => {
    expect(ssn.ddl('postgres').addCheck).toEqual([
      `alter table "employee" add constraint "employee_ssn_encrypted" check (substring("ssn" from 1 for 2) = '\\x00c7'::bytea) not valid`,
      `alter table "employee" validate constraint "employee_ssn_encrypted"`,
    ]);
  });

  it('add it at once in MySQL, MariaDB and SQL Server', () => {
    expect(ssn.ddl('mysql').addCheck).toEqual([
      "alter table `employee` add constraint `employee_ssn_encrypted` check (left(`ssn`, 2) = x'00c7')",
    ]);
    expect(ssn.ddl('mssql').addCheck).toEqual([
      'alter table [employee] add constraint [employee_ssn_encrypted] check (substring([ssn], 1, 2) = 0x00c7)',
    ]);
  });

  it('have names that no database cuts short, and that stay different', () => {
    const nameOf = (column: string) => {
      const [first] = encryptedColumn({ table: 'ë'.repeat(30), column, type: text() }).ddl('postgres').addCheck;
      return /add constraint "([^"]+)"/.exec(first ?? '')?.[1] ?? '';
    };
    const names = [nameOf(`${'c'.repeat(60)}1`), nameOf(`${'c'.repeat(60)}2`)];
    for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
    expect(new Set(names).size).toBe(2);
  });

  it('have names that tell where the table ends and the column begins', () => {
    const nameOf = (table: string, column: string) =>
      /add constraint `([^`]+)`/.exec(
        encryptedColumn({ table, column, type: text() }).ddl('mysql').addCheck[0] ?? '',
      )?.[1];
    expect(nameOf('a_b', 'c')).toMatch(/^a_b_c_[0-9a-f]{8}_encrypted$/);
    expect(nameOf('a', 'b_c')).not.toBe(nameOf('a_b', 'c'));
  });
});

describe('any dialect', () => {
  it.each(DIALECTS)('%s gets no check where plaintext or values of the Go library are still written', (dialect) => {
    for (const column of [ssn, note]) {
      const { type, column: fragment, ...rest } = column.ddl(dialect, { check: false });
      expect(fragment).toMatch(new RegExp(`^.${column.column}. ${type.replaceAll(/[()]/g, '\\$&')}$`));
      expect(rest).toEqual({ check: undefined, addCheck: [] });
    }
  });

  it.each<[Dialect, string]>([
    ['postgres', `"a""b\`c]d"`],
    ['sqlite', `"a""b\`c]d"`],
    ['mysql', '`a"b``c]d`'],
    ['mssql', '[a"b`c]]d]'],
  ])('%s gets names that cannot end early', (dialect, quoted) => {
    const column = encryptedColumn({ table: 'a"b`c]d', column: 'a"b`c]d', type: text() }).ddl(dialect);
    expect(column.column.startsWith(`${quoted} `)).toBe(true);
    for (const statement of column.addCheck) expect(statement).toContain(quoted);
  });

  it.each(['oracle', 'toString', undefined])('%s is refused if it is none of them', async (dialect) => {
    await expectCode('CONFIG', () => ssn.ddl(dialect as never));
  });
});

describe('SQLite', () => {
  let db: InstanceType<typeof sqlite.Database>;
  beforeEach(() => {
    db = new sqlite.Database(':memory:');
  });
  afterEach(() => db.close());

  const insert = (value: string | Uint8Array | number | null, column: string) =>
    db.run(`insert into employee (${column}) values (?)`, [value]);
  const PLAINTEXTS = ['999-00-1234', '', Buffer.from('999-00-1234'), new Uint8Array(0), Buffer.from([0]), 5];

  it('keeps plaintext out of a new table, and takes NULL', async () => {
    db.exec(
      `create table employee (id integer primary key, ${ssn.ddl('sqlite').column}, ${note.ddl('sqlite').column}) strict`,
    );
    for (const column of ['ssn', 'note']) {
      for (const plaintext of PLAINTEXTS) expect(() => insert(plaintext, column)).toThrow(/CHECK|cannot store/);
      insert(null, column);
    }
    insert(await ssn.encrypt('999-00-1234'), 'ssn');
    insert(await note.encrypt('999-00-1234'), 'note');
    expect(() => insert(`sc1.${'x'.repeat(60)}`, 'ssn')).toThrow(/cannot store/);
    const row = db.get('select ssn, note from employee where ssn is not null');
    expect(await ssn.decrypt(row?.ssn as Uint8Array)).toBe('999-00-1234');
  });

  it('keeps plaintext out of a table that exists, new and changed', async () => {
    db.exec(`create table employee (id integer primary key, ${ssn.ddl('sqlite', { check: false }).column}, note text)`);
    insert('999-00-1234', 'ssn');
    for (const statement of [...ssn.ddl('sqlite').addCheck, ...note.ddl('sqlite').addCheck]) db.exec(statement);
    for (const column of ['ssn', 'note']) {
      for (const plaintext of PLAINTEXTS) {
        expect(() => insert(plaintext, column)).toThrow('a value that is not encrypted');
        expect(() => db.run(`update employee set ${column} = ?`, [plaintext])).toThrow('a value that is not encrypted');
      }
    }
    db.run('update employee set ssn = ?, note = ?', [await ssn.encrypt('a'), await note.encrypt('b')]);
    db.run('update employee set ssn = ?, note = ?', [null, null]);
  });
});
