import { createAesCrypterer } from '@sqlcrypter/aes';
import { init, shutdown } from '@sqlcrypter/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EncryptedBytes, encryptedColumn, number, text } from '../src/index.js';
import { asyncOnly, keyLoading, localKey } from './crypterers.js';
import { expectCode } from './expect-code.js';

const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text() });
const byRow = encryptedColumn({ table: 'patient', column: 'note', type: text(), bind: ['row'] });

beforeEach(() => init(createAesCrypterer({ key: localKey(1) })));
afterEach(() => shutdown());

describe('encryptMany and decryptMany', () => {
  it('keep order, and null in its place', async () => {
    const values = ['a', null, '', null, 'e'];
    const stored = await ssn.encryptMany(values);
    expect(stored.map((each) => each instanceof EncryptedBytes)).toEqual([true, false, true, false, true]);
    expect(await ssn.decryptMany(stored)).toEqual(values);
    expect(await stored[0]?.decryptText()).toBe('a');
  });

  it('do nothing with nothing, and need no crypterer for it', async () => {
    await shutdown();
    expect(await ssn.encryptMany([])).toEqual([]);
    expect(await ssn.decryptMany([null, null])).toEqual([null, null]);
  });

  it('take each value with its place where the column is bound', async () => {
    const items = [
      { value: 'a', row: 1 },
      { value: null, row: 2 },
      { value: 'c', row: 3 },
    ];
    const stored = await byRow.encryptMany(items);
    const read = stored.map((value, i) => ({ value: value && Buffer.from(value), row: i + 1 }));
    expect(await byRow.decryptMany(read)).toEqual(['a', null, 'c']);
    expect(await stored[2]?.decryptText()).toBe('c');
    const error = await expectCode('AUTH_FAILED', () => byRow.decryptMany(read.map((item) => ({ ...item, row: 1 }))));
    expect(error).toMatchObject({ column: 'patient.note', index: 2 });
  });

  it('take what every driver hands back', async () => {
    const [stored] = await ssn.encryptMany(['a']);
    const bytes = Buffer.from(stored as EncryptedBytes);
    const forms = [bytes, Uint8Array.from(bytes), Uint8Array.from(bytes).buffer, `\\x${bytes.toString('hex')}`];
    expect(await ssn.decryptMany([...forms, `sc1.${bytes.toString('base64url')}`])).toEqual(['a', 'a', 'a', 'a', 'a']);
  });

  it('name column and place of the first error, nulls counted', async () => {
    const first = await expectCode('INVALID_ARGUMENT', () => ssn.encryptMany([null, 'a', 5 as never, 6 as never]));
    expect(first).toMatchObject({ column: 'employee.ssn', index: 2 });
    const stored = await ssn.encryptMany(['a', 'b', 'c']);
    const broken = [null, null, ...stored, Buffer.from('plaintext'), Buffer.alloc(0)];
    const second = await expectCode('FRAME_UNKNOWN', () => ssn.decryptMany(broken));
    expect(second).toMatchObject({ column: 'employee.ssn', index: 5 });
    const third = await expectCode('INVALID_ARGUMENT', () => ssn.decryptMany([null, stored[0] ?? null, 'plaintext']));
    expect(third).toMatchObject({ column: 'employee.ssn', index: 2 });
    const salary = encryptedColumn({ table: 'employee', column: 'ssn', type: number() });
    const fourth = await expectCode('INVALID_ARGUMENT', () => salary.decryptMany([null, stored[0] ?? null]));
    expect(fourth).toMatchObject({ column: 'employee.ssn', index: 1 });
  });

  it('name the place of a value that the crypterer refuses to encrypt', async () => {
    const crypterer = createAesCrypterer({ key: localKey(2) });
    await crypterer.close();
    const column = encryptedColumn({ table: 'a', column: 'b', type: text(), crypterer });
    const error = await expectCode('DISPOSED', () => column.encryptMany([null, 'x']));
    expect(error).toMatchObject({ column: 'a.b', index: 1 });
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a value', 'x'],
    ['a Promise', Promise.resolve([])],
    ['a Map', new Map()],
  ])('refuse %s in place of a list', async (_name, items) => {
    await expectCode('INVALID_ARGUMENT', () => ssn.encryptMany(items as never));
    await expectCode('INVALID_ARGUMENT', () => ssn.decryptMany(items as never));
  });

  it('refuse items without a value or a place where the column is bound', async () => {
    const error = await expectCode('INVALID_ARGUMENT', () => byRow.encryptMany([{ value: 'a', row: 1 }, 'b' as never]));
    expect(error).toMatchObject({ column: 'patient.note', index: 1 });
    await expectCode('INVALID_ARGUMENT', () => byRow.decryptMany([{ row: 1 } as never]));
    await expectCode('INVALID_ARGUMENT', () => byRow.encryptMany([{ value: 'a' } as never]));
  });

  it('end the wait when the signal fires', async () => {
    const call = { signal: AbortSignal.abort() };
    const stored = await ssn.encryptMany(['a']);
    await expectCode('ABORTED', () => ssn.encryptMany(['a'], call));
    await expectCode('ABORTED', () => ssn.decryptMany(stored, call));
    const loading = keyLoading();
    const column = encryptedColumn({ table: 'a', column: 'b', type: text(), crypterer: loading.crypterer });
    expect((await expectCode('ABORTED', () => column.decryptMany(stored, call))).column).toBe('a.b');
    await expectCode('INVALID_ARGUMENT', () => ssn.decryptMany(stored, 5 as never));
  });

  it('name column and place of the first value whose crypterer is not registered', async () => {
    const stored = await ssn.encrypt('a');
    await shutdown();
    const error = await expectCode('NOT_INITIALIZED', () => ssn.decryptMany([null, stored]));
    expect(error).toMatchObject({ column: 'employee.ssn', index: 1 });
    expect((await expectCode('NOT_INITIALIZED', () => ssn.encryptMany([null, 'a']))).column).toBe('employee.ssn');
  });

  it('take 20,000 values', async () => {
    const values = Array.from({ length: 20_000 }, (_, i) => (i % 7 === 0 ? null : `value ${i}`));
    expect(await ssn.decryptMany(await ssn.encryptMany(values))).toEqual(values);
  });

  it('work with an asynchronous crypterer, several values at a time', async () => {
    const crypterer = asyncOnly();
    const column = encryptedColumn({ table: 'a', column: 'b', type: text(), crypterer });
    const values = Array.from({ length: 100 }, (_, i) => `value ${i}`);
    expect(await column.decryptMany(await column.encryptMany(values))).toEqual(values);
    expect(crypterer.underWay()).toBeGreaterThan(1);
  });
});

describe('decryptMany with keys to load', () => {
  it('loads each distinct key once, in one batch', async () => {
    const loading = keyLoading();
    const column = encryptedColumn({ table: 'a', column: 'b', type: text(), crypterer: loading.crypterer });
    const stored: EncryptedBytes[] = [];
    for (let i = 0; i < 40; i++) {
      loading.useKey(i % 4);
      stored.push(await column.encrypt(`value ${i}`));
    }
    loading.useKey(0);
    loading.fetches.clear();
    expect(await column.decryptMany(stored)).toEqual(stored.map((_, i) => `value ${i}`));
    expect(loading.batches).toEqual([40]);
    expect([...loading.fetches].sort()).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
  });

  it('names the place of a value whose key cannot be had', async () => {
    const loading = keyLoading();
    const column = encryptedColumn({ table: 'a', column: 'b', type: text(), crypterer: loading.crypterer });
    const foreign = await ssn.encrypt('x');
    const error = await expectCode('KEY_NOT_FOUND', async () =>
      column.decryptMany([await column.encrypt('a'), null, foreign]),
    );
    expect(error).toMatchObject({ column: 'a.b', index: 2 });
  });
});

describe('decryptMany with former labels', () => {
  const labels = ['a.x', 'a.y', 'a.z'];
  const now = encryptedColumn({ table: 'a', column: 'now', type: text(), formerly: labels });

  it('tries them in batches: one for each label that is still needed', async () => {
    const loading = keyLoading();
    const columns = ['a.now', ...labels].map((label) =>
      encryptedColumn({ table: 'a', column: 'b', type: text(), label, crypterer: loading.crypterer }),
    );
    const stored: EncryptedBytes[] = [];
    for (let i = 0; i < 30; i++) stored.push(await (columns[i % 3] ?? now).encrypt(`value ${i}`));
    loading.useKey(0);
    const column = encryptedColumn({
      table: 'a',
      column: 'now',
      type: text(),
      formerly: labels,
      crypterer: loading.crypterer,
    });
    expect(await column.decryptMany(stored)).toEqual(stored.map((_, i) => `value ${i}`));
    expect(loading.batches).toEqual([30, 20, 10]);
  });

  it('lets the first error stand when none opens the value', async () => {
    const foreign = await ssn.encrypt('x');
    const error = await expectCode('AUTH_FAILED', async () => now.decryptMany([await now.encrypt('a'), foreign]));
    expect(error).toMatchObject({ column: 'a.now', index: 1 });
  });
});
