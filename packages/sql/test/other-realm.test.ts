import { runInNewContext } from 'node:vm';
import { createAesCrypterer } from '@sqlcrypter/aes';
import { init, shutdown } from '@sqlcrypter/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytes, date, decryptRows, EncryptedBytes, encryptedColumn, json, text } from '../src/index.js';
import { localKey } from './crypterers.js';

beforeEach(() => init(createAesCrypterer({ key: localKey(1) })));
afterEach(() => shutdown());

/** A value made in another realm, as test runners with jsdom and vm contexts have them. */
function foreign<T>(code: string, globals: object = {}): T {
  return runInNewContext(code, { ...globals }) as T;
}

const foreignBytes = (of: Uint8Array) => foreign<Uint8Array>('Uint8Array.from(list)', { list: [...of] });

const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text(), bind: ['row'] });

describe('values of another realm', () => {
  it('are plaintexts', async () => {
    const blob = encryptedColumn({ table: 'a', column: 'b', type: bytes() });
    expect(await blob.decrypt(await blob.encrypt(foreignBytes(Buffer.of(1, 2))))).toEqual(Buffer.of(1, 2));
    const born = encryptedColumn({ table: 'a', column: 'b', type: date() });
    expect(await born.decrypt(await born.encrypt(foreign<Date>('new Date(5)')))).toEqual(new Date(5));
    const profile = encryptedColumn({ table: 'a', column: 'b', type: json<object>() });
    expect(await profile.decrypt(await profile.encrypt(foreign<object>('({ a: [1, null] })')))).toEqual({
      a: [1, null],
    });
    expect(await (await EncryptedBytes.encrypt(foreignBytes(Buffer.from('x')))).decryptText()).toBe('x');
  });

  it('are ciphertexts, ids, options, items, rows and lists of them', async () => {
    const stored = Buffer.from(await ssn.encrypt('x', foreign('({ row: 7 })')));
    expect(await ssn.decrypt(foreignBytes(stored), foreign('({ row: 7 })'))).toBe('x');
    expect(await ssn.decryptMany(foreign('[{ value: stored, row: 7 }]', { stored }))).toEqual(['x']);
    const rows = foreign<{ id: number; ssn: Buffer }[]>('[{ id: 7, ssn: stored }]', { stored });
    const columns = foreign<{ ssn: typeof ssn }>('({ ssn })', { ssn });
    expect(
      await decryptRows(rows, columns, { row: foreign<(row: { id: number }) => number>('(row) => row.id') }),
    ).toEqual([{ id: 7, ssn: 'x' }]);
    const id = Buffer.alloc(16, 7);
    const composite = await ssn.encrypt('y', { row: foreign('[bytes, 1]', { bytes: foreignBytes(id) }) });
    expect(await ssn.decrypt(Buffer.from(composite), { row: [id, 1] })).toBe('y');
  });

  it('are declarations and contexts', async () => {
    const column = encryptedColumn(
      foreign<Parameters<typeof encryptedColumn>[0]>("({ table: 'employee', column: 'ssn', type, bind: ['row'] })", {
        type: text(),
      }),
    );
    expect(
      await ssn.decrypt(Buffer.from((await column.encrypt('x', { row: 1 } as never)) as EncryptedBytes), { row: 1 }),
    ).toBe('x');
    const context = foreign<Record<string, Uint8Array>>('({ id: bytes })', { bytes: foreignBytes(Buffer.of(1)) });
    const handle = await EncryptedBytes.encrypt('x', { context });
    expect(
      await EncryptedBytes.fromDatabase(Buffer.from(handle), { context: { id: Buffer.of(1) } }).decryptText(),
    ).toBe('x');
  });
});
