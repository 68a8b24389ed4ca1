import { createAesCrypterer } from '@sqlcrypter/aes';
import { type ErrorCode, init, SqlcrypterError, shutdown } from '@sqlcrypter/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decryptRows, encryptedColumn, number, text } from '../src/index.js';
import { asyncOnly, keyLoading, localKey } from './crypterers.js';
import { expectCode } from './expect-code.js';

const SECRET = '999-00-1234';

const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text() });
const salary = encryptedColumn({ table: 'employee', column: 'salary', type: number() });
const note = encryptedColumn({ table: 'employee', column: 'note', type: text(), bind: ['row'] });

beforeEach(() => init(createAesCrypterer({ key: localKey(1) })));
afterEach(() => shutdown());

/** A list with the codes of its errors in their places. */
function codesIn(list: readonly unknown[]): unknown[] {
  return list.map((each) => (SqlcrypterError.is(each) ? each.code : each));
}

/** Each way in which a stored value is broken, and the code of its error. */
async function brokenValues(): Promise<[ErrorCode, unknown][]> {
  const whole = Buffer.from(await ssn.encrypt(SECRET));
  const forged = Buffer.from(whole);
  forged[30] = (forged[30] as number) ^ 1;
  return [
    ['AUTH_FAILED', forged],
    ['AUTH_FAILED', Buffer.from(await salary.encrypt(1))],
    ['FRAME_TRUNCATED', whole.subarray(0, 20)],
    ['FRAME_UNKNOWN', Buffer.from('plaintext')],
    ['KEY_NOT_FOUND', Buffer.from(whole).fill(9, 4, 8)],
    ['INVALID_ARGUMENT', SECRET],
    ['INVALID_ARGUMENT', undefined],
    ['INVALID_ARGUMENT', { type: 'Buffer', data: [...whole] }],
  ];
}

describe("decryptRows with onError: 'collect'", () => {
  it('puts an error in the place of each value that fails, with column and index, and decrypts the others', async () => {
    const broken = await brokenValues();
    const rows = await Promise.all(
      broken.map(async ([, value], id: number) => ({
        id,
        ssn: value as Buffer | null,
        salary: await salary.encrypt(id),
        note: id === 2 ? null : await note.encrypt(`note ${id}`, { row: id }),
      })),
    );
    const read = await decryptRows(rows, { ssn, salary, note }, { row: (row) => row.id, onError: 'collect' });
    expect(read.map((row) => row.id)).toEqual(rows.map((row) => row.id));
    expect(codesIn(read.map((row) => row.ssn))).toEqual(broken.map(([code]) => code));
    expect(read.map((row) => row.salary)).toEqual(rows.map((row) => row.id));
    expect(read.map((row) => row.note)).toEqual(rows.map(({ id }) => (id === 2 ? null : `note ${id}`)));
    for (const [index, row] of read.entries()) {
      expect(row.ssn).toMatchObject({ column: 'employee.ssn', index });
      expect(JSON.stringify(row)).not.toContain(SECRET);
    }
  });

  it('collects the error of an id, for each column that needs it', async () => {
    const rows = [
      { id: 1, note: await note.encrypt('a', { row: 1 }), ssn: await ssn.encrypt('x') },
      { id: null, note: await note.encrypt('b', { row: 2 }), ssn: await ssn.encrypt('y') },
      { id: 3, note: await note.encrypt('c', { row: 3 }), ssn: await ssn.encrypt('z') },
    ];
    const fails = (row: { id: number | null }) => {
      if (row.id === 3) throw new Error('no id');
      return row.id as number;
    };
    const read = await decryptRows(rows, { note, ssn }, { row: fails, onError: 'collect' });
    expect(codesIn(read.map((row) => row.note))).toEqual(['a', 'INVALID_ARGUMENT', 'INVALID_ARGUMENT']);
    expect(read.map((row) => row.ssn)).toEqual(['x', 'y', 'z']);
  });

  it('collects a plaintext that the type of the column cannot decode', async () => {
    const asNumber = encryptedColumn({ table: 'employee', column: 'ssn', type: number() });
    const [row] = await decryptRows([{ ssn: await ssn.encrypt(SECRET) }], { ssn: asNumber }, { onError: 'collect' });
    expect(row?.ssn).toMatchObject({ code: 'INVALID_ARGUMENT', column: 'employee.ssn', index: 0 });
    expect(JSON.stringify(row)).not.toContain(SECRET);
  });

  it('tries former labels before it gives an error', async () => {
    const renamed = encryptedColumn({ table: 'staff', column: 'ssn', type: text(), formerly: ['employee.ssn'] });
    const rows = [
      { ssn: await ssn.encrypt('old') },
      { ssn: await salary.encrypt(1) },
      { ssn: await renamed.encrypt('new') },
    ];
    const read = await decryptRows(rows, { ssn: renamed }, { onError: 'collect' });
    expect(codesIn(read.map((row) => row.ssn))).toEqual(['old', 'AUTH_FAILED', 'new']);
  });

  it.each([
    ['keys to load', () => keyLoading().crypterer],
    ['an asynchronous crypterer', () => asyncOnly()],
  ])('does the same with %s', async (_name, create) => {
    const column = encryptedColumn({ table: 'a', column: 'b', type: text(), crypterer: create() });
    const rows = [{ v: await column.encrypt('a') }, { v: Buffer.from('plaintext') }, { v: await column.encrypt('c') }];
    const read = await decryptRows(rows, { v: column }, { onError: 'collect' });
    expect(codesIn(read.map((row) => row.v))).toEqual(['a', 'FRAME_UNKNOWN', 'c']);
  });

  it('finds single forged values among thousands', async () => {
    const rows = (await ssn.encryptMany(Array.from({ length: 20_000 }, (_, i) => `value ${i}`))).map((value, i) => ({
      ssn: i % 9_000 === 5 ? Buffer.from(value).fill(0, 40) : value,
    }));
    const read = await decryptRows(rows, { ssn }, { onError: 'collect' });
    const failed = read.flatMap((row, index) =>
      SqlcrypterError.is(row.ssn) ? [[index, row.ssn.index, row.ssn.code]] : [],
    );
    expect(failed).toEqual([5, 9_005, 18_005].map((index) => [index, index, 'AUTH_FAILED']));
    expect(read[6]?.ssn).toBe('value 6');
  });

  it('rejects for what is wrong with the call itself', async () => {
    const rows = [{ ssn: await ssn.encrypt('x') }];
    const collect = { onError: 'collect' } as const;
    await expectCode('ABORTED', () => decryptRows(rows, { ssn }, { ...collect, signal: AbortSignal.abort() }));
    await expectCode('INVALID_ARGUMENT', () => decryptRows([null] as never, { ssn } as never, collect as never));
    await shutdown();
    await expectCode('NOT_INITIALIZED', () => decryptRows(rows, { ssn }, collect));
  });

  it('rejects when the signal fires while values are decrypted', async () => {
    const column = encryptedColumn({ table: 'a', column: 'b', type: text(), crypterer: asyncOnly() });
    const stored = await column.encrypt('x');
    const rows = Array.from({ length: 100 }, () => ({ v: stored }));
    const controller = new AbortController();
    const reading = decryptRows(rows, { v: column }, { onError: 'collect', signal: controller.signal });
    setImmediate(() => controller.abort());
    await expectCode('ABORTED', () => reading);
  });
});

describe("decryptMany with onError: 'collect'", () => {
  it('puts an error in the place of each value that fails, with column and index, and decrypts the others', async () => {
    const broken = await brokenValues();
    const stored = await ssn.encrypt('whole');
    const items = broken.flatMap(([, value]) => [value as Buffer, stored, null]);
    const read = await ssn.decryptMany(items, { onError: 'collect' });
    expect(codesIn(read)).toEqual(broken.flatMap(([code]) => [code, 'whole', null]));
    expect(read[6]).toMatchObject({ column: 'employee.ssn', index: 6 });
  });

  it('collects the error of an id where the column is bound', async () => {
    const value = Buffer.from(await note.encrypt('a', { row: 1 }));
    const items = [{ value, row: 1 }, { value, row: 2 }, { value, row: '' }, { value }] as {
      value: Buffer;
      row: number;
    }[];
    expect(codesIn(await note.decryptMany(items, { onError: 'collect' }))).toEqual([
      'a',
      'AUTH_FAILED',
      'INVALID_ARGUMENT',
      'INVALID_ARGUMENT',
    ]);
  });

  it('rejects for what is wrong with the call itself', async () => {
    const collect = { onError: 'collect' } as const;
    const stored = await ssn.encrypt('x');
    await expectCode('ABORTED', () => ssn.decryptMany([stored], { ...collect, signal: AbortSignal.abort() }));
    await expectCode('INVALID_ARGUMENT', () => ssn.decryptMany('x' as never, collect));
    await expectCode('INVALID_ARGUMENT', () => note.decryptMany([5 as never], collect));
  });
});
