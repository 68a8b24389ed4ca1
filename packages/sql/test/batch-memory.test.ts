import { createAesCrypterer } from '@sqlcrypter/aes';
import { describe, expect, it } from 'vitest';
import { bytes, date, decryptRows, EncryptedBytes, encryptedColumn, json, text } from '../src/index.js';
import { keyLoading, localKey, waiting } from './crypterers.js';
import { expectCode } from './expect-code.js';

/** More than one portion. */
const MANY = 17_000;
const COUNTS = [3, MANY];

const crypterer = createAesCrypterer({ key: localKey(1) });
const range = (count: number) => Array.from({ length: count }, (_, i) => i);

describe.each(COUNTS)('a list of %d that the caller uses again as soon as the call has returned', (count) => {
  it('is stored as the bytes were', async () => {
    const column = encryptedColumn({ table: 't', column: 'b', type: bytes(), crypterer });
    const values = range(count).map((i) => Buffer.from(`v${i}`));
    const encrypting = column.encryptMany(values);
    for (const value of values) value.fill(0x2a);
    const stored = await encrypting;
    expect(stored.map((each) => Buffer.from(column.decryptSync(each)).toString())).toEqual(
      range(count).map((i) => `v${i}`),
    );
  });

  it('is stored as the objects were', async () => {
    const documents = encryptedColumn({ table: 't', column: 'j', type: json<{ n: number }>(), crypterer });
    const dates = encryptedColumn({ table: 't', column: 'd', type: date(), crypterer });
    const objects = range(count).map((n) => ({ n }));
    const days = range(count).map((n) => new Date(n));
    const encrypting = [documents.encryptMany(objects), dates.encryptMany(days)] as const;
    for (const object of objects) object.n = -1;
    for (const day of days) day.setTime(-1);
    const [stored, storedDays] = [await encrypting[0], await encrypting[1]];
    expect(stored.map((each) => documents.decryptSync(each).n)).toEqual(range(count));
    expect(storedDays.map((each) => dates.decryptSync(each).getTime())).toEqual(range(count));
  });

  it('is bound to the rows that the items had', async () => {
    const column = encryptedColumn({ table: 't', column: 'c', type: text(), bind: ['row', 'tenant'], crypterer });
    const items = range(count).map((i) => ({ value: `v${i}`, row: [i, 'part'], tenant: 'a' as string }));
    const encrypting = column.encryptMany(items);
    for (const item of items) {
      item.row[0] = -1;
      Object.assign(item, { row: -1, tenant: 'b', value: 'other' });
    }
    const stored = await encrypting;
    expect(stored.map((each, i) => column.decryptSync(Buffer.from(each), { row: [i, 'part'], tenant: 'a' }))).toEqual(
      range(count).map((i) => `v${i}`),
    );
  });

  it('is decrypted as the ciphertexts and places were', async () => {
    const column = encryptedColumn({ table: 't', column: 'c', type: text(), bind: ['row'], crypterer });
    const items = range(count).map((row) => ({ value: Buffer.from(column.encryptSync(`v${row}`, { row })), row }));
    const decrypting = column.decryptMany(items);
    for (const item of items) {
      item.value.fill(0);
      item.row = -1;
    }
    expect(await decrypting).toEqual(range(count).map((i) => `v${i}`));
  });

  it('is decrypted as the rows were', async () => {
    const [c, d] = ['c', 'd'].map((column) =>
      encryptedColumn({ table: 't', column, type: text(), bind: ['row'], crypterer }),
    );
    if (c === undefined || d === undefined) throw new Error();
    const rows = range(count).map((id) => ({
      id,
      note: `n${id}`,
      c: Buffer.from(c.encryptSync(`c${id}`, { row: id })),
      d: Buffer.from(d.encryptSync(`d${id}`, { row: id })),
    }));
    const decrypting = decryptRows(rows, { c, d }, { row: ({ id }) => id });
    for (const row of rows) {
      row.c.fill(0);
      row.d.fill(0);
      Object.assign(row, { id: -1, note: 'other' });
    }
    expect(await decrypting).toEqual(range(count).map((id) => ({ id, note: `n${id}`, c: `c${id}`, d: `d${id}` })));
  });

  it('is decrypted as it was, also under a former label', async () => {
    const former = encryptedColumn({ table: 'old', column: 'c', type: text(), crypterer });
    const column = encryptedColumn({ table: 't', column: 'c', type: text(), formerly: ['old.c'], crypterer });
    const stored = range(count).map((i) => Buffer.from(former.encryptSync(`v${i}`)));
    const rows = stored.map((value) => ({ c: Buffer.from(value) }));
    const [values, opened] = [column.decryptMany(stored), decryptRows(rows, { c: column })];
    for (const value of [...stored, ...rows.map(({ c }) => c)]) value.fill(0);
    expect(await values).toEqual(range(count).map((i) => `v${i}`));
    expect(await opened).toEqual(range(count).map((i) => ({ c: `v${i}` })));
  });
});

describe('with a provider that waits, the memory of a call may be used again at once:', () => {
  const provider = waiting();

  it('EncryptedBytes.encrypt', async () => {
    const [plaintext, context] = [Buffer.from('value'), { row: Buffer.from('1') }];
    const encrypting = EncryptedBytes.encrypt(plaintext, { context, crypterer: provider });
    plaintext.fill(0);
    context.row.fill(0);
    const value = await encrypting;
    expect(String(await value.decrypt())).toBe('value');
    expect(await value.decryptText({ context: { row: '1' } })).toBe('value');
  });

  it.each(['c', 'old'])('column.encrypt and decrypt, of table %s', async (table) => {
    const writer = encryptedColumn({ table, column: 'b', type: bytes(), crypterer: provider, bind: ['row'] });
    const reader = encryptedColumn({
      table: 'c',
      column: 'b',
      type: bytes(),
      crypterer: provider,
      bind: ['row'],
      formerly: table === 'old' ? ['old.b'] : [],
    });
    const [plaintext, place] = [Buffer.from('value'), { row: [1, 2] }];
    const encrypting = writer.encrypt(plaintext, place);
    plaintext.fill(0);
    place.row[0] = 9;
    const stored = Buffer.from(await encrypting);
    const decrypting = reader.decrypt(stored, { row: [1, 2] });
    stored.fill(0);
    expect(String(await decrypting)).toBe('value');
  });

  it('lists of a column, with keys that are loaded first', async () => {
    const { crypterer: loading } = keyLoading();
    const column = encryptedColumn({ table: 't', column: 'c', type: text(), crypterer: loading });
    const values = ['a', 'b', 'c'];
    const stored = (await column.encryptMany(values)).map((value) => Buffer.from(value));
    const decrypting = column.decryptMany(stored);
    for (const value of stored) value.fill(0);
    expect(await decrypting).toEqual(values);
  });
});

describe('bytes that claim another length than they have', () => {
  class Lying extends Uint8Array {
    override get length(): number {
      return 2;
    }
  }

  it('are stored whole, alone and in a list', async () => {
    const column = encryptedColumn({ table: 't', column: 'b', type: bytes(), crypterer });
    const lying = () => new Lying(Buffer.from('twelve bytes'));
    const stored = [column.encryptSync(lying()), ...(await column.encryptMany(range(40).map(lying)))];
    for (const value of stored) expect(String(column.decryptSync(value))).toBe('twelve bytes');
  });

  it('are refused above the size that the column allows', async () => {
    const column = encryptedColumn({ table: 't', column: 'b', type: bytes({ maxBytes: 5 }), crypterer });
    await expectCode('PLAINTEXT_TOO_LARGE', () => column.encryptSync(new Lying(Buffer.from('twelve bytes'))));
  });
});
