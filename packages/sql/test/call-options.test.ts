import { createAesCrypterer } from '@sqlcrypter/aes';
import { type ErrorCode, init, SqlcrypterError, shutdown } from '@sqlcrypter/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decryptRows, EncryptedBytes, encryptedColumn, text } from '../src/index.js';
import { localKey } from './crypterers.js';

const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text() });
const byRow = encryptedColumn({ table: 'employee', column: 'note', type: text(), bind: ['row'] });

beforeEach(() => init(createAesCrypterer({ key: localKey(1) })));
afterEach(() => shutdown());

type Options = Record<string, unknown>;
type Call = (options: never) => unknown;

const stored = async () => Buffer.from(await ssn.encrypt('x'));
const storedInRow = async () => Buffer.from(await byRow.encrypt('x', { row: 1 }));

/** Every call that takes options, also where it has nothing to do, and the options that it knows. */
const calls: [string, readonly string[], Call][] = [
  ['encrypt', ['signal'], (o) => ssn.encrypt('x', o)],
  ['encrypt of null', ['signal'], (o) => ssn.encrypt(null, o)],
  ['encrypt of a bound value', ['row', 'signal'], (o: Options) => byRow.encrypt('x', { row: 1, ...o } as never)],
  ['encryptSync', [], (o) => ssn.encryptSync('x', o)],
  ['encryptSync of null', [], (o) => ssn.encryptSync(null, o)],
  ['encryptMany', ['signal', 'engine'], (o) => ssn.encryptMany(['x'], o)],
  ['encryptMany of nothing', ['signal', 'engine'], (o) => ssn.encryptMany([], o)],
  ['encryptMany of null', ['signal', 'engine'], (o) => ssn.encryptMany([null], o)],
  ['decrypt', ['signal'], async (o: never) => ssn.decrypt(await stored(), o)],
  ['decrypt of null', ['signal'], (o) => ssn.decrypt(null, o)],
  ['decrypt of a handle', ['signal'], async (o: never) => ssn.decrypt(await ssn.encrypt('x'), o)],
  [
    'decrypt of a bound value',
    ['row', 'signal'],
    async (o: Options) => byRow.decrypt(await storedInRow(), { row: 1, ...o } as never),
  ],
  ['decryptSync', [], async (o: never) => ssn.decryptSync(await stored(), o)],
  ['decryptSync of null', [], (o) => ssn.decryptSync(null, o)],
  ['decryptMany', ['signal', 'engine', 'onError'], async (o: never) => ssn.decryptMany([await stored()], o)],
  ['decryptMany of nothing', ['signal', 'engine', 'onError'], (o) => ssn.decryptMany([], o)],
  ['decryptMany of null', ['signal', 'engine', 'onError'], (o) => ssn.decryptMany([null], o)],
  ['fromDatabase', [], async (o: never) => ssn.fromDatabase(await stored(), o)],
  ['fromDatabase of null', [], (o) => ssn.fromDatabase(null, o)],
  ['fromJSON', [], async (o: never) => ssn.fromJSON((await stored()).toString('base64'), o)],
  ['fromJSON of null', [], (o) => ssn.fromJSON(null, o)],
  ['ddl', ['check'], (o) => ssn.ddl('postgres', o)],
  [
    'decryptRows',
    ['signal', 'engine', 'onError'],
    async (o: never) => decryptRows([{ ssn: await stored() }], { ssn }, o),
  ],
  ['decryptRows of nothing', ['signal', 'engine', 'onError'], (o) => decryptRows([] as { ssn: null }[], { ssn }, o)],
  ['decryptRows of null', ['signal', 'engine', 'onError'], (o) => decryptRows([{ ssn: null }], { ssn }, o)],
  [
    'decryptRows of bound values',
    ['row', 'signal', 'engine', 'onError'],
    async (o: Options) =>
      decryptRows([{ note: await storedInRow() }], { note: byRow }, { row: () => 1, ...o } as never),
  ],
  ['EncryptedBytes.encrypt', ['context', 'crypterer', 'signal'], (o) => EncryptedBytes.encrypt('x', o)],
  ['EncryptedBytes.encryptSync', ['context', 'crypterer'], (o) => EncryptedBytes.encryptSync('x', o)],
  [
    'EncryptedBytes.fromDatabase',
    ['context', 'crypterer'],
    async (o: never) => EncryptedBytes.fromDatabase(await stored(), o),
  ],
  ['EncryptedBytes.fromDatabase of null', ['context', 'crypterer'], (o) => EncryptedBytes.fromDatabase(null, o)],
  ['EncryptedBytes.fromJSON', ['context', 'crypterer'], (o) => EncryptedBytes.fromJSON('AMcSAQ==', o)],
  ['EncryptedBytes.fromJSON of null', ['context', 'crypterer'], (o) => EncryptedBytes.fromJSON(null, o)],
  [
    'decrypt of an EncryptedBytes',
    ['context', 'crypterer', 'signal'],
    async (o: never) => (await EncryptedBytes.encrypt('x')).decrypt(o),
  ],
  ['decryptText', ['context', 'crypterer', 'signal'], async (o: never) => (await ssn.encrypt('x')).decryptText(o)],
  [
    'decryptSync of an EncryptedBytes',
    ['context', 'crypterer'],
    async (o: never) => (await EncryptedBytes.encrypt('x')).decryptSync(o),
  ],
  ['decryptTextSync', ['context', 'crypterer'], async (o: never) => (await ssn.encrypt('x')).decryptTextSync(o)],
];

/** Each option with a value that it cannot have, or that must be heeded, and the code. */
const wrong: [string, unknown, ErrorCode][] = [
  ['signal', 'no signal', 'INVALID_ARGUMENT'],
  ['signal', {}, 'INVALID_ARGUMENT'],
  ['signal', AbortSignal.abort(), 'ABORTED'],
  ['engine', 'bogus', 'CONFIG'],
  ['onError', 'bogus', 'CONFIG'],
  ['row', false, 'INVALID_ARGUMENT'],
  ['tenant', 1, 'INVALID_ARGUMENT'],
  ['tenant', () => 1, 'INVALID_ARGUMENT'],
  ['context', 5, 'CONTEXT_INVALID'],
  ['crypterer', {}, 'CONFIG'],
  ['check', 'false', 'CONFIG'],
  ['singal', undefined, 'INVALID_ARGUMENT'],
  ['value', 1, 'INVALID_ARGUMENT'],
];

async function codeOf(call: Call, options: unknown): Promise<string> {
  try {
    await call(options as never);
    return 'accepted';
  } catch (error) {
    return SqlcrypterError.is(error) ? error.code : `no code: ${String(error)}`;
  }
}

describe.each(calls)('%s', (_name, known, call) => {
  it('takes the options that it knows, and none', async () => {
    const good: Options = {
      signal: AbortSignal.timeout(10_000),
      engine: 'node',
      onError: 'throw',
      context: undefined,
      crypterer: createAesCrypterer({ key: localKey(1) }),
      check: false,
    };
    expect(await codeOf(call, undefined)).toBe('accepted');
    expect(await codeOf(call, {})).toBe('accepted');
    for (const name of known) {
      if (name in good) expect(await codeOf(call, { [name]: good[name] })).toBe('accepted');
    }
  });

  it.each(wrong)('refuses %s: %o', async (option, value, code) => {
    expect(await codeOf(call, { [option]: value })).toBe(known.includes(option) ? code : 'INVALID_ARGUMENT');
  });

  it('refuses an unknown option that is inherited', async () => {
    // A bound call spreads what it is given.
    if (!known.includes('row')) expect(await codeOf(call, Object.create({ rwo: 1 }))).toBe('INVALID_ARGUMENT');
  });

  it.each([
    ['null', null],
    ['text', 'x'],
    ['a list', []],
    ['a Map', new Map([['row', 1]])],
    ['a Promise', Promise.resolve({})],
    ['a function', () => ({})],
  ])('refuses %s in place of options', async (_what, options) => {
    if (!known.includes('row')) expect(await codeOf(call, options)).toBe('INVALID_ARGUMENT');
  });
});

describe('what a caller gives', () => {
  /** An object that answers differently each time it is asked. */
  function changing<T>(name: string, ...answers: T[]): Record<string, T> {
    let asked = 0;
    return Object.defineProperty({}, name, {
      enumerable: true,
      get: () => answers[asked++] ?? answers.at(-1),
    }) as never;
  }

  it('is read once: a value is bound to the row that was checked, and its handle too', async () => {
    const handle = await byRow.encrypt('x', changing('row', 1, 2) as never);
    expect(await byRow.decrypt(Buffer.from(handle), { row: 1 })).toBe('x');
    expect(await handle.decryptText()).toBe('x');
    const item = Object.assign(changing('row', 1, 2), { value: 'x' });
    const [stored] = await byRow.encryptMany([item as never]);
    expect(await byRow.decrypt(Buffer.from(stored as EncryptedBytes), { row: 1 })).toBe('x');
    expect(await (stored as EncryptedBytes).decryptText()).toBe('x');
  });

  it('is read once: a context is what was encrypted with, whatever it answers later', async () => {
    for (const context of [changing('a', '1', '2', '3'), Object.freeze(changing('a', '1', '2', '3'))]) {
      const handle = await EncryptedBytes.encrypt('x', { context });
      expect(await handle.decryptText()).toBe('x');
      expect(handle.decryptTextSync()).toBe('x');
    }
  });

  it('is read once: a declaration is what was checked', async () => {
    const table = changing('table', 'employee', 'other');
    const column = encryptedColumn(Object.assign(table, { column: 'note', type: text(), bind: ['row'] }) as never);
    expect(column).toMatchObject({ table: 'employee', label: 'employee.note' });
    const bind = new Proxy(['row'], {
      get: (list, key, self) => (key === 'every' ? () => true : Reflect.get(list, key, self)),
    });
    expect(encryptedColumn({ table: 'a', column: 'b', type: text(), bind: bind as ['row'] }).bind).toEqual(['row']);
  });
});
