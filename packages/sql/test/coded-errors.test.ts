import { inspect } from 'node:util';
import { createAesCrypterer } from '@sqlcrypter/aes';
import { init, SqlcrypterError, shutdown } from '@sqlcrypter/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as sql from '../src/index.js';
import { localKey } from './crypterers.js';
import { CANARY, hostileValues, plainValues } from './hostile-values.js';

const { EncryptedBytes, encryptedColumn, text } = sql;

const crypterer = createAesCrypterer({ key: localKey(1) });
beforeAll(() => init(crypterer));
afterAll(() => shutdown());

// biome-ignore lint/suspicious/noExplicitAny: everything is called with everything.
type Any = any;

const good = { table: 'employee', column: 'ssn', type: text(), crypterer };
const ssn: Any = encryptedColumn(good);
const byRow: Any = encryptedColumn({ ...good, bind: ['row', 'tenant'] });
const asText: Any = encryptedColumn({ ...good, encoding: 'text' });
const stored = Buffer.from(ssn.encryptSync('x'));
const handle: Any = ssn.fromDatabase(stored);
const loose: Any = EncryptedBytes.encryptSync('x', { crypterer });
const place = { row: 1, tenant: 2 };
const inRow = Buffer.from(byRow.encryptSync('x', place));
const decryptRows: Any = sql.decryptRows;
const types: Any = { ...sql };

/** Every public function, with a hostile value for each of its arguments, and inside of them. */
const calls: [string, (value: Any) => unknown][] = [
  ['encryptedColumn(…)', (value) => encryptedColumn(value)],
  ...['table', 'column', 'type', 'label', 'formerly', 'bind', 'crypterer', 'encoding'].map(
    (name): [string, (value: Any) => unknown] => [
      `encryptedColumn({ ${name}: … })`,
      async (value) => {
        const column: Any = encryptedColumn({ ...good, [name]: value });
        await column.decrypt(await column.encrypt('x'));
      },
    ],
  ),
  ...['text', 'bytes', 'json', 'number', 'bigint', 'boolean', 'date'].flatMap(
    (name): [string, (value: Any) => unknown][] => [
      [`${name}(…)`, (value) => types[name](value)],
      [`${name}({ maxBytes: … })`, (value) => types[name]({ maxBytes: value })],
      [`${name}().encode(…)`, (value) => types[name]().encode(value)],
      [`${name}().encode([…])`, (value) => types[name]().encode([value])],
      [`${name}().decode(…)`, (value) => types[name]().decode(value)],
      [
        `a column of ${name}().encrypt(…)`,
        (value) => encryptedColumn<Any>({ ...good, type: types[name]() }).encrypt(value),
      ],
    ],
  ),
  ['text({ padTo: … })', (value) => text({ padTo: value })],
  ...['encrypt', 'encryptSync', 'encryptMany'].flatMap((name): [string, (value: Any) => unknown][] => [
    [`${name}(…)`, (value) => ssn[name](value)],
    [`${name}([…])`, (value) => ssn[name]([value])],
    [`${name}('x', …)`, (value) => ssn[name](name === 'encryptMany' ? ['x'] : 'x', value)],
    [`${name} of a bound column`, (value) => byRow[name](name === 'encryptMany' ? [value] : 'x', value)],
    [
      `${name} with row`,
      (value) =>
        name === 'encryptMany'
          ? byRow[name]([{ value: 'x', ...place, row: value }])
          : byRow[name]('x', { ...place, row: value }),
    ],
    [
      `${name} with a part of tenant`,
      (value) =>
        name === 'encryptMany'
          ? byRow[name]([{ value: 'x', row: 1, tenant: [1, value] }])
          : byRow[name]('x', { row: 1, tenant: [1, value] }),
    ],
    [`${name} with signal`, (value) => ssn[name](name === 'encryptMany' ? ['x'] : 'x', { signal: value })],
  ]),
  ...['decrypt', 'decryptSync', 'decryptMany', 'fromDatabase', 'fromJSON'].flatMap(
    (name): [string, (value: Any) => unknown][] => {
      const whole = name === 'decryptMany' ? [stored] : name === 'fromJSON' ? stored.toString('base64') : stored;
      const bound = name === 'fromJSON' ? inRow.toString('base64') : inRow;
      return [
        [`${name}(…)`, (value) => ssn[name](value)],
        [`${name}([…])`, (value) => ssn[name]([value])],
        [`${name}(…) of a text column`, (value) => asText[name](value)],
        [`${name}(stored, …)`, (value) => ssn[name](whole, value)],
        [`${name} of a bound column`, (value) => byRow[name](value, value)],
        [
          `${name} with row`,
          (value) =>
            name === 'decryptMany'
              ? byRow[name]([{ value: inRow, ...place, row: value }])
              : byRow[name](bound, { ...place, row: value }),
        ],
        [`${name} with signal`, (value) => ssn[name](whole, { signal: value })],
      ];
    },
  ),
  ['decryptMany with engine', (value) => ssn.decryptMany([stored], { engine: value })],
  ['decryptMany with onError', (value) => ssn.decryptMany([stored], { onError: value })],
  ["decryptMany([…], { onError: 'collect' })", (value) => ssn.decryptMany([value], { onError: 'collect' })],
  ['ddl(…)', (value) => ssn.ddl(value)],
  ['ddl(dialect, …)', (value) => ssn.ddl('postgres', value)],
  ['ddl(dialect, { check: … })', (value) => ssn.ddl('postgres', { check: value })],
  ['decryptRows(…)', (value) => decryptRows(value, { ssn })],
  ['decryptRows([…])', (value) => decryptRows([value], { ssn } as Any)],
  ['decryptRows([{ ssn: … }])', (value) => decryptRows([{ ssn: value }], { ssn } as Any)],
  [
    "decryptRows([{ ssn: … }], onError: 'collect')",
    (value) => decryptRows([{ ssn: value }], { ssn }, { onError: 'collect' } as Any),
  ],
  ['decryptRows(rows, …)', (value) => decryptRows([{ ssn: stored }], value)],
  ['decryptRows(rows, { ssn: … })', (value) => decryptRows([{ ssn: stored }], { ssn: value })],
  ['decryptRows(rows, columns, …)', (value) => decryptRows([{ ssn: stored }], { ssn }, value)],
  [
    'decryptRows with row',
    (value) => decryptRows([{ ssn: inRow }], { ssn: byRow } as Any, { row: value, tenant: () => 2 } as Any),
  ],
  [
    'decryptRows with an id',
    (value) => decryptRows([{ ssn: inRow }], { ssn: byRow } as Any, { row: () => value, tenant: () => 2 } as Any),
  ],
  [
    'decryptRows with a column of a hostile type',
    (value) => decryptRows([{ ssn: stored }], { ssn: { ...ssn, type: value } } as Any),
  ],
  ...['encrypt', 'encryptSync'].flatMap((name): [string, (value: Any) => unknown][] => [
    [`EncryptedBytes.${name}(…)`, (value) => (EncryptedBytes as Any)[name](value)],
    [`EncryptedBytes.${name}('x', …)`, (value) => (EncryptedBytes as Any)[name]('x', value)],
    [`EncryptedBytes.${name} with context`, (value) => (EncryptedBytes as Any)[name]('x', { context: value })],
    [
      `EncryptedBytes.${name} with a value in context`,
      (value) => (EncryptedBytes as Any)[name]('x', { context: { a: value } }),
    ],
    [`EncryptedBytes.${name} with crypterer`, (value) => (EncryptedBytes as Any)[name]('x', { crypterer: value })],
  ]),
  ...['fromDatabase', 'fromJSON'].flatMap((name): [string, (value: Any) => unknown][] => [
    [`EncryptedBytes.${name}(…)`, (value) => (EncryptedBytes as Any)[name](value)],
    [`EncryptedBytes.${name}(stored, …)`, (value) => (EncryptedBytes as Any)[name](stored.toString('base64'), value)],
    [`EncryptedBytes.${name} and decrypt`, (value) => (EncryptedBytes as Any)[name](value)?.decryptText()],
  ]),
  ...['from', 'of', 'alloc', 'allocUnsafe', 'allocUnsafeSlow', 'concat', 'copyBytesFrom'].map(
    (name): [string, (value: Any) => unknown] => [
      `EncryptedBytes.${name}(…)`,
      (value) => (EncryptedBytes as Any)[name](value),
    ],
  ),
  ['EncryptedBytes.is(…)', (value) => EncryptedBytes.is(value)],
  ...['decrypt', 'decryptText', 'decryptSync', 'decryptTextSync'].flatMap(
    (name): [string, (value: Any) => unknown][] => [
      [`value.${name}(…)`, (value) => loose[name](value)],
      [`value.${name}(…) of a column`, (value) => handle[name](value)],
      [`value.${name}({ context: … })`, (value) => loose[name]({ context: value })],
      [`value.${name}({ crypterer: … })`, (value) => loose[name]({ crypterer: value })],
      [`value.${name} of another object`, (value) => loose[name].call(value)],
    ],
  ),
  ['value.toString(…)', (value) => loose.toString(value)],
  ['value.write(…)', (value) => loose.write(value)],
  ['value.fill(…)', (value) => loose.fill(value)],
];

/** The error of a call, if it throws one. */
async function errorOf(call: (value: Any) => unknown, value: unknown): Promise<unknown> {
  try {
    await call(value);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The message is what is seen first, and in some logs alone. */
function expectColumnNamed(error: unknown): void {
  if (SqlcrypterError.is(error) && error.column !== undefined) expect(error.message).toContain(error.column);
}

it('the table of calls has every export', () => {
  const functions = Object.entries(sql).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
  // loadKeys is of core.
  for (const name of functions.filter((each) => each !== 'loadKeys')) {
    expect(
      calls.some(([call]) => call.includes(name)),
      name,
    ).toBe(true);
  }
  const methods = Object.entries(ssn).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
  for (const name of methods)
    expect(
      calls.some(([call]) => call.startsWith(`${name}(`)),
      name,
    ).toBe(true);
});

describe.each(calls)('%s', (_name, call) => {
  it('throws errors with a code only, whatever hostile value it is given', async () => {
    for (const [what, value] of hostileValues) {
      const error = await errorOf(call, value());
      if (error === undefined) continue;
      expect(SqlcrypterError.is(error), `${what}: thrown without a code: ${inspect(error)}`).toBe(true);
      expect(inspect(error, { depth: 9, showHidden: true }), what).not.toContain(CANARY);
      expect(JSON.stringify(error), what).not.toContain(CANARY);
      expectColumnNamed(error);
    }
  });

  it('names the cause of what is merely of the wrong kind', async () => {
    for (const [what, value] of plainValues) {
      const error = await errorOf(call, value);
      if (error === undefined) continue;
      expect(SqlcrypterError.is(error), `${what}: thrown without a code: ${inspect(error)}`).toBe(true);
      expect(error, what).not.toMatchObject({ message: expect.stringMatching(/could not be read|cannot be read/) });
      expect(error, what).not.toMatchObject({ code: 'PROVIDER_FAILED' });
      expectColumnNamed(error);
    }
  });
});
