import { type Crypterer, SqlcrypterError } from '@sqlcrypter/core';
import { checkCrypterer, kindOf } from './argument-check.js';
import type { Bind } from './column-place.js';
import type { ValueType } from './value-types/value-type.js';

/** How a column stores its values: bytes, or `sc1.…` text where it must stay a text column. */
export type Encoding = 'bytes' | 'text';

/** Options of `encryptedColumn`. */
export interface EncryptedColumnOptions<T, B extends Bind = never, E extends Encoding = 'bytes'> {
  /** The table's name in the database, without its schema. */
  readonly table: string;
  /** The column's name in the database. */
  readonly column: string;
  /** What kind of values the column holds: `text()`, `json<T>()`, … */
  readonly type: ValueType<T>;
  /**
   * The name that values are bound to; default `table.column`. It is part of the data's format: when table or column
   * are renamed, keep the old label here, or list it in `formerly`.
   */
  readonly label?: string | undefined;
  /** Earlier labels, tried in this order when a value does not authenticate under the present one. */
  readonly formerly?: readonly string[] | undefined;
  /**
   * What each value is bound to besides the column, to be given at each call. Without `row`, somebody who can write to
   * the database can copy a value to another row unnoticed. It is part of the data's format.
   */
  readonly bind?: readonly B[] | undefined;
  /** An instance, or the name of a registered one; looked up when it is used, not here. Else the default. */
  readonly crypterer?: Crypterer | string | undefined;
  /** Default `bytes`. */
  readonly encoding?: E | undefined;
}

/** What is fixed about a column once it is declared. */
export interface ColumnFacts<T = unknown, B extends Bind = Bind, E extends Encoding = Encoding> {
  readonly table: string;
  readonly column: string;
  readonly type: ValueType<T>;
  readonly label: string;
  readonly formerly: readonly string[];
  readonly bind: readonly B[];
  readonly crypterer: Crypterer | string | undefined;
  readonly encoding: E;
}

const OPTIONS = new Set(['table', 'column', 'type', 'label', 'formerly', 'bind', 'crypterer', 'encoding']);

/** The options, checked and completed. Errors: `CONFIG`. */
export function columnFacts<T, B extends Bind, E extends Encoding>(
  options: EncryptedColumnOptions<T, B, E>,
): ColumnFacts<T, B, E> {
  if (options === null || typeof options !== 'object') {
    throw config(`encryptedColumn was given ${kindOf(options)}`, '{ table, column, type }');
  }
  for (const name in options) {
    // A misspelt `bind` would silently leave the column without that protection.
    if (!OPTIONS.has(name)) throw config(`${JSON.stringify(name)} is no option`, [...OPTIONS].join(', '));
  }
  // Each is read once: what was checked is what holds.
  const { type, formerly = [], bind = [], crypterer, encoding = 'bytes' as E } = options;
  const table = checkName(options.table, 'table');
  const column = checkName(options.column, 'column');
  const { label = `${table}.${column}` } = options;
  if (typeof type?.encode !== 'function' || typeof type.decode !== 'function') {
    throw config('`type` is not a value type', 'text(), bytes(), json(), number(), bigint(), boolean() or date()');
  }
  if (encoding !== 'bytes' && encoding !== 'text') throw config('`encoding` is not known', "'bytes' or 'text'");
  if (!Array.isArray(formerly)) throw config('`formerly` is not a list', 'an array of labels');
  return {
    table,
    column,
    type,
    label: checkLabel(label, 'label'),
    formerly: Object.freeze(formerly.map((each) => checkLabel(each, 'formerly'))),
    bind: Object.freeze(checkBind<B>(bind)),
    crypterer: checkCrypterer(crypterer),
    encoding,
  };
}

function checkBind<B extends Bind>(bind: unknown): B[] {
  const own: unknown[] = Array.isArray(bind) ? [...bind] : [undefined];
  if (own.every((each) => each === 'row' || each === 'tenant')) return own as B[];
  throw config('`bind` is not known', "a list of 'row' and 'tenant'");
}

function checkName(name: unknown, option: string): string {
  // With a dot in it, a label could mean two columns.
  if (typeof name === 'string' && name !== '' && name.isWellFormed() && !/[.\0]/.test(name)) return name;
  throw config(`\`${option}\` is not a name`, `the ${option}'s own name in the database, without schema or dots`);
}

function checkLabel(label: unknown, option: string): string {
  if (typeof label === 'string' && label !== '' && label.isWellFormed()) return label;
  throw config(`\`${option}\` has a label that is not one`, 'well-formed text that is not empty');
}

function config(what: string, expected: string): SqlcrypterError {
  return new SqlcrypterError('CONFIG', `${what}. Expected ${expected}.`);
}
