import { inspect } from 'node:util';
import { createAesCrypterer } from '@sqlcrypter/aes';
import { init, shutdown } from '@sqlcrypter/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { date, decryptRows, encryptedColumn, number, text } from '../src/index.js';
import { keyLoading, localKey } from './crypterers.js';
import { expectCode } from './expect-code.js';

const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text() });
const salary = encryptedColumn({ table: 'employee', column: 'salary', type: number() });
const note = encryptedColumn({ table: 'employee', column: 'note', type: text(), bind: ['row', 'tenant'] });

beforeEach(() => init(createAesCrypterer({ key: localKey(1) })));
afterEach(() => shutdown());

async function storedRows(count: number) {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => ({
      id: i + 1,
      org: 'acme',
      name: `employee ${i}`,
      number: Buffer.from(await ssn.encrypt(`ssn ${i}`)) as Buffer | null,
      salary: Buffer.from(await salary.encrypt(i)) as Buffer | null,
      note: Buffer.from(await note.encrypt(`note ${i}`, { row: i + 1, tenant: 'acme' })) as Buffer | null,
    })),
  );
}

type StoredRow = Awaited<ReturnType<typeof storedRows>>[number];
const columns = { number: ssn, salary, note };
const place = { row: (row: StoredRow) => row.id, tenant: (row: StoredRow) => row.org };

describe('decryptRows', () => {
  it('refuses a list with holes', async () => {
    const error = await expectCode('INVALID_ARGUMENT', () => decryptRows(new Array(2), {}));
    expect(error.index).toBe(0);
  });

  it('gives new rows with values in place of ciphertexts, and keeps the rest', async () => {
    const rows = await storedRows(3);
    const before = rows.map((row) => ({ ...row }));
    expect(await decryptRows(rows, columns, place)).toEqual([
      { id: 1, org: 'acme', name: 'employee 0', number: 'ssn 0', salary: 0, note: 'note 0' },
      { id: 2, org: 'acme', name: 'employee 1', number: 'ssn 1', salary: 1, note: 'note 1' },
      { id: 3, org: 'acme', name: 'employee 2', number: 'ssn 2', salary: 2, note: 'note 2' },
    ]);
    expect(rows).toEqual(before);
  });

  it('keeps NULL, and asks for no id where nothing is to be decrypted, as in an outer join', async () => {
    const rows = [{ id: null, org: null, note: null }];
    const decrypted = await decryptRows(
      rows,
      { note },
      {
        row: () => expect.unreachable('no id is needed'),
        tenant: () => expect.unreachable('no id is needed'),
      },
    );
    expect(decrypted).toEqual([{ id: null, org: null, note: null }]);
  });

  it('does nothing with no rows, and needs no crypterer for it', async () => {
    await shutdown();
    expect(await decryptRows([], { ssn })).toEqual([]);
  });

  it('finds each id once for all columns of a row', async () => {
    const other = encryptedColumn({ table: 'employee', column: 'other', type: text(), bind: ['row'] });
    const rows = [{ id: 1, a: await other.encrypt('a', { row: 1 }), b: await other.encrypt('b', { row: 1 }) }];
    const asked: number[] = [];
    const found = await decryptRows(rows, { a: other, b: other }, { row: ({ id }) => asked.push(id) });
    expect(found).toEqual([{ id: 1, a: 'a', b: 'b' }]);
    expect(asked).toEqual([1]);
  });

  it('takes what every driver hands back', async () => {
    const bytes = Buffer.from(await ssn.encrypt('x'));
    const forms: unknown[] = [
      bytes,
      Uint8Array.from(bytes),
      Uint8Array.from(bytes).buffer,
      `\\x${bytes.toString('hex')}`,
    ];
    const rows = [...forms, `sc1.${bytes.toString('base64url')}`, ssn.fromDatabase(bytes)].map((value) => ({
      ssn: value,
    }));
    expect(await decryptRows(rows, { ssn })).toEqual(rows.map(() => ({ ssn: 'x' })));
  });

  it('refuses a value that was moved to another row, and names row and column', async () => {
    const rows = await storedRows(5);
    const [, second, , fourth] = rows;
    if (second !== undefined && fourth !== undefined) [second.note, fourth.note] = [fourth.note, second.note];
    const error = await expectCode('AUTH_FAILED', () => decryptRows(rows, columns, place));
    expect(error).toMatchObject({ column: 'employee.note', index: 1 });
  });

  it('refuses a value that was moved to another column', async () => {
    const rows = await storedRows(2);
    const error = await expectCode('AUTH_FAILED', () =>
      decryptRows(
        rows.map((row) => ({ ...row, salary: row.number })),
        columns,
        place,
      ),
    );
    expect(error).toMatchObject({ column: 'employee.salary', index: 0 });
  });

  it('refuses a row without the key, by its name: it must not pass for NULL', async () => {
    const rows: { ssn?: Buffer }[] = [{ ssn: await ssn.encrypt('x') }, {}];
    const error = await expectCode('INVALID_ARGUMENT', () => decryptRows(rows, { ssn }));
    expect(error).toMatchObject({ column: 'employee.ssn', index: 1 });
    expect(error.message).toContain('"ssn"');
    await expectCode('INVALID_ARGUMENT', () => decryptRows([{ ssn: undefined }], { ssn }));
  });

  it('refuses plaintext, and names where it stands', async () => {
    const error = await expectCode('INVALID_ARGUMENT', () =>
      decryptRows([{ ssn: null }, { ssn: '999-00-1234' }], { ssn }),
    );
    expect(error).toMatchObject({ column: 'employee.ssn', index: 1 });
    expect(error.message).not.toContain('999-00-1234');
  });

  it('says so when a value was written as another type', async () => {
    const asDate = encryptedColumn({ table: 'employee', column: 'ssn', type: date() });
    const rows = [{ ssn: null }, { ssn: await ssn.encrypt('x') }];
    const error = await expectCode('INVALID_ARGUMENT', () => decryptRows(rows, { ssn: asDate }));
    expect(error).toMatchObject({ column: 'employee.ssn', index: 1 });
  });

  it.each<[string, unknown]>([
    ['no list', { rows: [] }],
    ['a Promise', Promise.resolve([])],
    ['a list with null', [null]],
    ['rows as lists', [[1, 2]]],
  ])('refuses %s', async (_name, rows) => {
    await expectCode('INVALID_ARGUMENT', () => decryptRows(rows as never, { ssn } as never));
  });

  it('refuses what is no column', async () => {
    await expectCode('INVALID_ARGUMENT', () => decryptRows([{ ssn: null }], { ssn: 'employee.ssn' as never }));
  });

  it('needs the functions that find row and tenant, and a proper id from them', async () => {
    const rows = await storedRows(1);
    const missing = await expectCode('INVALID_ARGUMENT', () =>
      decryptRows(rows, { note }, { row: place.row } as never),
    );
    expect(missing).toMatchObject({ column: 'employee.note', index: 0 });
    expect(missing.message).toContain('tenant');
    await expectCode('INVALID_ARGUMENT', () => decryptRows(rows, { note }, { ...place, row: () => null as never }));
    await expectCode('INVALID_ARGUMENT', () => decryptRows(rows, { note }, 'id' as never));
  });

  it('keeps the message of an error of the functions that find ids to itself: it may quote a value', async () => {
    const rows = await storedRows(1);
    const fail = () => {
      throw new RangeError('999-00-1234');
    };
    const error = await expectCode('INVALID_ARGUMENT', () => decryptRows(rows, { note }, { ...place, row: fail }));
    expect(error).toMatchObject({ column: 'employee.note', index: 0, cause: { name: 'RangeError' } });
    expect(error.message).toContain('`row`');
    expect(inspect(error)).not.toContain('999-00-1234');
  });

  it('asks for the ids of each row anew when one object is used for all rows', async () => {
    const rows = await storedRows(2);
    let at = 0;
    const reused = new Proxy(rows[0] as StoredRow, { get: (_, key) => Reflect.get(rows[at] as StoredRow, key) });
    const ids = { ...place, tenant: (row: StoredRow) => [row.org, at++][0] as string };
    expect((await decryptRows([reused, reused], { note }, ids)).map((row) => row.note)).toEqual(['note 0', 'note 1']);
  });

  it('ends the wait when the signal fires', async () => {
    const rows = await storedRows(1);
    await expectCode('ABORTED', () => decryptRows(rows, columns, { ...place, signal: AbortSignal.abort() }));
  });

  it('reads 5,000 rows of three columns', async () => {
    const rows = await storedRows(5_000);
    const decrypted = await decryptRows(rows, columns, place);
    expect(decrypted.map((row) => row.note)).toEqual(rows.map((_, i) => `note ${i}`));
  });

  it('works in one batch for each crypterer, former labels included', async () => {
    const loading = keyLoading();
    const { crypterer } = loading;
    const old = encryptedColumn({ table: 'a', column: 'old', type: text(), crypterer });
    const now = encryptedColumn({ table: 'a', column: 'now', type: text(), crypterer, formerly: ['a.old'] });
    const plain = encryptedColumn({ table: 'a', column: 'plain', type: number(), crypterer });
    const rows = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => ({
        now: await (i % 2 === 0 ? now : old).encrypt(`value ${i}`),
        plain: await plain.encrypt(i),
        ssn: await ssn.encrypt('local'),
      })),
    );
    loading.useKey(1);
    const decrypted = await decryptRows(rows, { now, plain, ssn });
    expect(decrypted).toEqual(rows.map((_, i) => ({ now: `value ${i}`, plain: i, ssn: 'local' })));
    expect(loading.batches).toEqual([40, 10]);
  });
});

it('decryptRows refuses options that mean nothing', async () => {
  const error = await expectCode('INVALID_ARGUMENT', () => decryptRows([], {}, { rows: () => 1 } as never));
  expect(error.message).toContain('row');
});
