import { SqlcrypterError } from '@sqlcrypter/core';
import { checkOptions, kindOf } from './argument-check.js';
import type { ColumnFacts } from './column-facts.js';
import { constraintName, quoteIdentifier } from './identifier.js';
import { storedTextLength } from './stored-text.js';

/** The SQL dialects that `ddl` writes; `mysql` is MariaDB's too. */
export type Dialect = 'postgres' | 'mysql' | 'sqlite' | 'mssql';

/** Options of `ddl`. */
export interface DdlOptions {
  /**
   * Default true. Without it no CHECK: while a column still holds plaintext, or frames of the Go library are written,
   * which begin with any byte.
   */
  readonly check?: boolean | undefined;
}

/** An encrypted column in SQL. */
export interface ColumnDdl {
  /** The column's type. */
  readonly type: string;
  /** The condition that every stored value fulfils, NULL included; undefined with `check: false`. */
  readonly check: string | undefined;
  /** Name, type and CHECK for CREATE TABLE or ADD COLUMN. */
  readonly column: string;
  /**
   * Statements that add the CHECK to a table that exists, to be run one by one. PostgreSQL: the first holds for new
   * values at once and locks the table for a moment only; run the second when every old value is encrypted. SQLite
   * cannot add a CHECK: triggers refuse new values, and old ones are not looked at. Empty with `check: false`.
   */
  readonly addCheck: readonly string[];
}

/** Room for the frame around a plaintext: 48 bytes with a local key, some 250 with AWS KMS, and some for other KMSs. */
const FRAME_ROOM = 512;
const MAX_SIZED = 8_000;
const MAX_MEDIUM = 2 ** 24 - 1;

type Sizes = Readonly<Record<Dialect, (bytes: number | undefined) => string>>;

const sized = (name: string, size: number | undefined, otherwise: string): string =>
  size !== undefined && size <= MAX_SIZED ? `${name}(${size})` : otherwise;

const BYTES: Sizes = {
  postgres: () => 'bytea',
  sqlite: () => 'blob',
  mysql: (n) => sized('varbinary', n, n !== undefined && n <= MAX_MEDIUM ? 'mediumblob' : 'longblob'),
  mssql: (n) => sized('varbinary', n, 'varbinary(max)'),
};

const TEXT: Sizes = {
  postgres: () => 'text',
  sqlite: () => 'text',
  // One byte for each character, and no collation that takes different letters for the same.
  mysql: (n) =>
    `${sized('varchar', n, n !== undefined && n <= MAX_MEDIUM ? 'mediumtext' : 'longtext')} character set ascii collate ascii_bin`,
  mssql: (n) => sized('varchar', n, 'varchar(max)'),
};

/** The first bytes of every frame. */
const BYTES_CHECK: Readonly<Record<Dialect, (name: string) => string>> = {
  postgres: (name) => `substring(${name} from 1 for 2) = '\\x00c7'::bytea`,
  mysql: (name) => `left(${name}, 2) = x'00c7'`,
  // A CHECK lets NULL pass, and only false is refused: typeof() gives 'null' for NULL, and substr() NULL for an empty blob.
  sqlite: (name) => `${name} is null or (typeof(${name}) = 'blob' and substr(${name}, 1, 2) is x'00c7')`,
  mssql: (name) => `substring(${name}, 1, 2) = 0x00c7`,
};

const TEXT_CHECK: Readonly<Record<Dialect, (name: string) => string>> = {
  postgres: (name) => `left(${name}, 4) = 'sc1.'`,
  mysql: (name) => `left(${name}, 4) = 'sc1.'`,
  sqlite: (name) => `${name} is null or (typeof(${name}) = 'text' and substr(${name}, 1, 4) is 'sc1.')`,
  mssql: (name) => `left(${name}, 4) = 'sc1.'`,
};

/** The column in SQL. Errors: `CONFIG`. */
export function columnDdl(facts: ColumnFacts, dialect: Dialect, options?: DdlOptions): ColumnDdl {
  if (!Object.hasOwn(BYTES, dialect)) {
    throw new SqlcrypterError('CONFIG', `The dialect is not known. Expected ${Object.keys(BYTES).join(', ')}.`);
  }
  const { column, encoding, type: valueType } = facts;
  const bytes = valueType.maxBytes === undefined ? undefined : valueType.maxBytes + FRAME_ROOM;
  const type = encoding === 'text' ? TEXT[dialect](bytes && storedTextLength(bytes)) : BYTES[dialect](bytes);
  const name = quoteIdentifier(column, dialect);
  const { check: isChecked = true }: DdlOptions = checkOptions(options, 'ddl', ['check']) ?? {};
  if (typeof isChecked !== 'boolean') {
    throw new SqlcrypterError('CONFIG', `\`check\` is ${kindOf(isChecked)}. Expected true or false.`);
  }
  if (!isChecked) {
    return { type, check: undefined, column: `${name} ${type}`, addCheck: [] };
  }
  const condition = encoding === 'text' ? TEXT_CHECK[dialect] : BYTES_CHECK[dialect];
  const check = condition(name);
  return { type, check, column: `${name} ${type} check (${check})`, addCheck: addCheck(facts, dialect, condition) };
}

function addCheck({ table, column }: ColumnFacts, dialect: Dialect, condition: (name: string) => string): string[] {
  const quote = (name: string) => quoteIdentifier(name, dialect);
  const onTable = quote(table);
  if (dialect === 'sqlite') {
    return ['insert', 'update'].map(
      (event) =>
        `create trigger ${quote(constraintName(table, column, `encrypted_${event}`))} ` +
        `before ${event} on ${onTable} when not (${condition(`new.${quote(column)}`)}) ` +
        `begin select raise(abort, 'a value that is not encrypted'); end`,
    );
  }
  const constraint = quote(constraintName(table, column, 'encrypted'));
  const add = `alter table ${onTable} add constraint ${constraint} check (${condition(quote(column))})`;
  if (dialect !== 'postgres') return [add];
  return [`${add} not valid`, `alter table ${onTable} validate constraint ${constraint}`];
}
