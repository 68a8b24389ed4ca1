import { createAesCrypterer } from '@sqlcrypter/aes';
import { type ErrorCode, init, type SqlcrypterError, shutdown } from '@sqlcrypter/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { date, decryptRows, EncryptedBytes, encryptedColumn, text } from '../src/index.js';
import { asyncOnly, keyLoading, localKey } from './crypterers.js';
import { expectCode } from './expect-code.js';

const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text({ maxBytes: 20 }) });
const asDate = encryptedColumn({ table: 'employee', column: 'ssn', type: date() });
const byRow = encryptedColumn({ table: 'employee', column: 'ssn', type: text(), bind: ['row'] });

beforeEach(() => init(createAesCrypterer({ key: localKey(1) })));
afterEach(() => shutdown());

/** A value whose key is not in memory, of a column with the same label. */
async function cold() {
  const loading = keyLoading();
  const column = encryptedColumn({ table: 'employee', column: 'ssn', type: text(), crypterer: loading.crypterer });
  const stored = await column.encrypt('x');
  loading.useKey(1);
  return { column, stored };
}

const failures: [ErrorCode, string, () => unknown][] = [
  ['INVALID_ARGUMENT', 'a value of another type', () => ssn.encrypt(5 as never)],
  ['INVALID_ARGUMENT', 'a value of another type in a batch', () => ssn.encryptMany([5 as never])],
  ['INVALID_ARGUMENT', 'a database value that is none', () => ssn.decrypt(5 as never)],
  ['INVALID_ARGUMENT', 'undefined', () => ssn.decryptSync(undefined as never)],
  ['INVALID_ARGUMENT', 'a row without the column', () => decryptRows([{}], { ssn } as never)],
  ['INVALID_ARGUMENT', 'an option that is none', () => ssn.encrypt('x', { singal: 1 } as never)],
  ['INVALID_ARGUMENT', 'a missing row', () => byRow.encrypt('x', {} as never)],
  ['INVALID_ARGUMENT', 'a row that is no id', () => byRow.encrypt('x', { row: '' })],
  ['INVALID_ARGUMENT', 'a row that it is not bound to', () => ssn.encrypt('x', { row: 1 } as never)],
  ['INVALID_ARGUMENT', 'a batch that is no list', () => ssn.decryptMany(5 as never)],
  ['INVALID_ARGUMENT', 'a plaintext of another type', async () => asDate.decrypt(await ssn.encrypt('x'))],
  [
    'INVALID_ARGUMENT',
    'a handle of bytes that are no text',
    async () => (await asDate.encrypt(new Date(-1))).decryptText(),
  ],
  ['PLAINTEXT_TOO_LARGE', 'a long value', () => ssn.encrypt('x'.repeat(21))],
  [
    'UNSUPPORTED',
    'an asynchronous crypterer',
    () => encryptedColumn({ table: 'employee', column: 'ssn', type: text(), crypterer: asyncOnly() }).encryptSync('x'),
  ],
  [
    'CONTEXT_INVALID',
    'a context for a handle of a column',
    async () => (await ssn.encrypt('x')).decrypt({ context: { a: 'b' } }),
  ],
  ['CONFIG', 'an engine that is none', () => ssn.encryptMany(['x'], { engine: 'wasm' as never })],
  ['CONFIG', 'a dialect that is none', () => ssn.ddl('oracle' as never)],
  ['ABORTED', 'a signal', () => ssn.encrypt('x', { signal: AbortSignal.abort() })],
  ['FRAME_UNKNOWN', 'bytes that are no ciphertext', () => ssn.decrypt(Buffer.from('plaintext'))],
  ['FRAME_TRUNCATED', 'a value that was cut off', () => ssn.decryptMany([Buffer.of(0, 0xc7, 0x12)])],
  ['AUTH_FAILED', 'a value of another column', async () => ssn.decrypt(await EncryptedBytes.encrypt('x'))],
  [
    'KEY_NOT_LOADED',
    'a cold key',
    async () => {
      const { column, stored } = await cold();
      return column.decryptSync(stored);
    },
  ],
  ['KEY_NOT_LOADED', 'a cold key of a handle', async () => (await cold()).stored.decryptTextSync()],
  [
    'KEY_NOT_FOUND',
    'a value under another key',
    async () => ssn.decrypt(await EncryptedBytes.encrypt('x', { crypterer: createAesCrypterer({ key: localKey(9) }) })),
  ],
  [
    'NOT_INITIALIZED',
    'a crypterer that is not registered',
    () => encryptedColumn({ table: 'employee', column: 'ssn', type: text(), crypterer: 'none' }).encrypt('x'),
  ],
];

it.each(failures)('%s names the column, in the message too, for %s', async (code, _what, work) => {
  const error = await expectCode(code, work);
  expect(error.column).toBe('employee.ssn');
  expect(error.message.split('employee.ssn')).toHaveLength(2);
});

describe('the label in a message', () => {
  it('is escaped where it has characters that a log should not get', async () => {
    const column = encryptedColumn({ table: 'a', column: 'b', type: text(), label: 'line\nbreak' });
    const error: SqlcrypterError = await expectCode('INVALID_ARGUMENT', () => column.encrypt(5 as never));
    expect(error.message).toMatch(/^Column line\\u\{a\}break: /);
    expect(error.column).toBe('line\\u{a}break');
  });
});
