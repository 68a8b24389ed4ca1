import type { Crypterer, SqlcrypterError } from '@sqlcrypter/core';
import { describe, expectTypeOf, it } from 'vitest';
import {
  bigint,
  bytes,
  date,
  decryptRows,
  EncryptedBytes,
  encryptedColumn,
  json,
  number,
  type RowId,
  type StoredText,
  text,
  type ValueType,
} from '../src/index.js';

interface Address {
  street: string;
  flat?: number;
}

const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text() });
const salary = encryptedColumn({ table: 'employee', column: 'salary', type: number() });
const address = encryptedColumn({ table: 'employee', column: 'address', type: json<Address>() });
const anything = encryptedColumn({ table: 'employee', column: 'anything', type: json<unknown>() });
const photo = encryptedColumn({ table: 'employee', column: 'photo', type: bytes() });
const note = encryptedColumn({ table: 'employee', column: 'note', type: text(), encoding: 'text' });
const byRow = encryptedColumn({ table: 'patient', column: 'note', type: text(), bind: ['row'] });
const byBoth = encryptedColumn({ table: 'patient', column: 'name', type: text(), bind: ['row', 'tenant'] });
const unbound = encryptedColumn({ table: 'patient', column: 'x', type: text(), bind: [] });

declare const bytesOrNull: Buffer | null;
// biome-ignore lint/suspicious/noExplicitAny: drivers give rows of any, and that is what is tested.
declare const any: any;
declare const unknown: unknown;
declare const textOrNull: string | null;
declare const maybe: Buffer | undefined;

describe('EncryptedBytes', () => {
  it('is a Buffer and gives one', () => {
    expectTypeOf<EncryptedBytes>().toExtend<Buffer>();
    expectTypeOf(EncryptedBytes.encrypt('a')).toEqualTypeOf<Promise<EncryptedBytes>>();
    expectTypeOf(new Promise<EncryptedBytes>(() => {}).then((value) => value.decryptText())).toEqualTypeOf<
      Promise<string>
    >();
  });

  it('gives null for null only', () => {
    expectTypeOf(EncryptedBytes.fromDatabase(null)).toEqualTypeOf<null>();
    expectTypeOf(EncryptedBytes.fromDatabase(Buffer.alloc(1))).toEqualTypeOf<EncryptedBytes>();
    expectTypeOf(EncryptedBytes.fromDatabase(bytesOrNull)).toEqualTypeOf<EncryptedBytes | null>();
    expectTypeOf(EncryptedBytes.fromDatabase(any)).toEqualTypeOf<EncryptedBytes | null>();
    expectTypeOf(EncryptedBytes.fromJSON(textOrNull)).toEqualTypeOf<EncryptedBytes | null>();
  });

  it('does not take what may be missing, not awaited, or unknown', () => {
    // @ts-expect-error undefined is no NULL
    EncryptedBytes.fromDatabase(maybe);
    // @ts-expect-error an await is missing
    EncryptedBytes.fromDatabase(Promise.resolve(Buffer.alloc(1)));
    // @ts-expect-error a number holds no ciphertext
    EncryptedBytes.fromDatabase(5);
    // @ts-expect-error null is not encrypted
    void EncryptedBytes.encrypt(null);
  });

  it('is not made like a Buffer', () => {
    expectTypeOf<typeof EncryptedBytes.from>().toEqualTypeOf<never>();
    expectTypeOf<typeof EncryptedBytes.of>().toEqualTypeOf<never>();
    expectTypeOf<typeof EncryptedBytes.alloc>().toEqualTypeOf<never>();
    expectTypeOf<typeof EncryptedBytes.allocUnsafe>().toEqualTypeOf<never>();
    expectTypeOf<typeof EncryptedBytes.allocUnsafeSlow>().toEqualTypeOf<never>();
    expectTypeOf<typeof EncryptedBytes.concat>().toEqualTypeOf<never>();
    expectTypeOf<typeof EncryptedBytes.copyBytesFrom>().toEqualTypeOf<never>();
    // @ts-expect-error the constructor is private
    new EncryptedBytes();
  });
});

describe('a column', () => {
  it('takes and gives the values of its type', () => {
    expectTypeOf(ssn.encrypt('a')).toEqualTypeOf<Promise<EncryptedBytes>>();
    expectTypeOf(ssn.decrypt(Buffer.alloc(1))).toEqualTypeOf<Promise<string>>();
    expectTypeOf(ssn.decrypt('sc1.')).toEqualTypeOf<Promise<string>>();
    expectTypeOf(ssn.decrypt(new ArrayBuffer(1))).toEqualTypeOf<Promise<string>>();
    expectTypeOf(salary.decryptSync(Buffer.alloc(1))).toEqualTypeOf<number>();
    expectTypeOf(address.decrypt(Buffer.alloc(1))).toEqualTypeOf<Promise<Address>>();
    expectTypeOf(photo.encrypt(Buffer.alloc(1))).toEqualTypeOf<Promise<EncryptedBytes>>();
    expectTypeOf(bigint()).toEqualTypeOf<ValueType<bigint>>();
    expectTypeOf(date()).toEqualTypeOf<ValueType<Date>>();
    // @ts-expect-error the column holds text
    void ssn.encrypt(5);
    // @ts-expect-error the column holds addresses
    void address.encrypt({ flat: 5 });
    // @ts-expect-error an await is missing
    void ssn.encrypt(Promise.resolve('a'));
    // @ts-expect-error undefined is no NULL
    void ssn.encrypt(undefined);
    // @ts-expect-error undefined is no NULL
    void ssn.decrypt(maybe);
    // @ts-expect-error encrypted already
    void EncryptedBytes.encrypt('a').then((value) => ssn.encrypt(value));
  });

  it('gives null for null only, also where the type of a value is not known', () => {
    expectTypeOf(ssn.encrypt(null)).toEqualTypeOf<Promise<null>>();
    expectTypeOf(ssn.encrypt(textOrNull)).toEqualTypeOf<Promise<EncryptedBytes | null>>();
    expectTypeOf(ssn.encrypt(any)).toEqualTypeOf<Promise<EncryptedBytes | null>>();
    expectTypeOf(anything.encrypt(unknown)).toEqualTypeOf<Promise<EncryptedBytes | null>>();
    expectTypeOf(ssn.decrypt(null)).toEqualTypeOf<Promise<null>>();
    expectTypeOf(ssn.decrypt(bytesOrNull)).toEqualTypeOf<Promise<string | null>>();
    expectTypeOf(ssn.decrypt(any)).toEqualTypeOf<Promise<string | null>>();
    expectTypeOf(ssn.fromDatabase(bytesOrNull)).toEqualTypeOf<EncryptedBytes | null>();
  });

  it("binds text with encoding: 'text'", () => {
    expectTypeOf(note.encrypt('a')).toEqualTypeOf<Promise<StoredText>>();
    expectTypeOf(note.encryptSync(textOrNull)).toEqualTypeOf<StoredText | null>();
    expectTypeOf(note.encryptMany(['a'])).toEqualTypeOf<Promise<StoredText[]>>();
    expectTypeOf<StoredText>().toExtend<string>();
    // @ts-expect-error a plaintext is not what is stored
    const stored: StoredText = 'a';
    void stored;
  });

  it('takes row and tenant exactly where it is bound to them', () => {
    expectTypeOf(byRow.encrypt('a', { row: 1n })).toEqualTypeOf<Promise<EncryptedBytes>>();
    expectTypeOf(byBoth.decrypt(Buffer.alloc(1), { row: ['a', 2], tenant: 'x' })).toEqualTypeOf<Promise<string>>();
    void ssn.encrypt('a', { signal: AbortSignal.timeout(1) });
    void unbound.encrypt('a');
    // @ts-expect-error row is missing
    void byRow.encrypt('a');
    // @ts-expect-error tenant is missing
    void byBoth.encrypt('a', { row: 1 });
    // @ts-expect-error row is missing
    byRow.decryptSync(Buffer.alloc(1));
    // @ts-expect-error not bound to its tenant
    void byRow.encrypt('a', { row: 1, tenant: 1 });
    // @ts-expect-error not bound to its row
    void ssn.encrypt('a', { row: 1 });
    // @ts-expect-error not bound to its row
    void unbound.decrypt(Buffer.alloc(1), { row: 1 });
    // @ts-expect-error no id
    void byRow.encrypt('a', { row: null });
    expectTypeOf<readonly [string, bigint]>().toExtend<RowId>();
    expectTypeOf<Buffer>().toExtend<RowId>();
    expectTypeOf<readonly [Uint8Array, number]>().toExtend<RowId>();
  });

  it('takes row and tenant from a handle', async () => {
    const handle = await byBoth.encrypt('a', { row: 1, tenant: 2 });
    expectTypeOf(byBoth.decrypt(handle)).toEqualTypeOf<Promise<string>>();
    expectTypeOf(byBoth.decryptSync(handle, { row: 1, tenant: 2 })).toEqualTypeOf<string>();
  });

  it('takes batches of values, with row and tenant exactly where it is bound to them', () => {
    expectTypeOf(ssn.encryptMany(['a', null])).toEqualTypeOf<Promise<(EncryptedBytes | null)[]>>();
    expectTypeOf(ssn.encryptMany(['a'])).toEqualTypeOf<Promise<EncryptedBytes[]>>();
    expectTypeOf(ssn.decryptMany([bytesOrNull])).toEqualTypeOf<Promise<(string | null)[]>>();
    expectTypeOf(byRow.encryptMany([{ value: 'a', row: 1 }])).toEqualTypeOf<Promise<EncryptedBytes[]>>();
    expectTypeOf(byRow.decryptMany([{ value: bytesOrNull, row: 1 }])).toEqualTypeOf<Promise<(string | null)[]>>();
    // @ts-expect-error row is missing
    void byRow.encryptMany([{ value: 'a' }]);
    // @ts-expect-error row is missing
    void byRow.decryptMany([Buffer.alloc(1)]);
    // @ts-expect-error the column holds text
    void ssn.encryptMany([5]);
  });

  it('takes errors in their places where it is told to collect them', () => {
    const collect = { onError: 'collect' } as const;
    expectTypeOf(ssn.decryptMany([bytesOrNull], collect)).toEqualTypeOf<Promise<(string | SqlcrypterError | null)[]>>();
    expectTypeOf(ssn.decryptMany([bytesOrNull], { onError: 'throw' })).toEqualTypeOf<Promise<(string | null)[]>>();
    // @ts-expect-error encrypting collects nothing
    void ssn.encryptMany(['a'], collect);
  });

  it('takes options exactly where they do something', () => {
    const signal = AbortSignal.timeout(1);
    void ssn.decryptMany([bytesOrNull], { signal, engine: 'node' });
    // @ts-expect-error the engine is for batches
    void ssn.encrypt('a', { engine: 'node' });
    // @ts-expect-error nothing can end a synchronous call
    ssn.encryptSync('a', { signal });
    // @ts-expect-error nothing can end a synchronous call
    byRow.decryptSync(Buffer.alloc(1), { row: 1, signal });
    // @ts-expect-error nothing is waited for
    ssn.fromDatabase(Buffer.alloc(1), { signal });
  });

  it('reads handles back from JSON', () => {
    expectTypeOf(ssn.fromJSON('AMcS')).toEqualTypeOf<EncryptedBytes>();
    expectTypeOf(ssn.fromJSON(textOrNull)).toEqualTypeOf<EncryptedBytes | null>();
    expectTypeOf(byRow.fromJSON('AMcS', { row: 1 })).toEqualTypeOf<EncryptedBytes>();
    // @ts-expect-error row is missing
    byRow.fromJSON('AMcS');
    // @ts-expect-error bytes are not JSON
    ssn.fromJSON(Buffer.alloc(1));
  });

  it('is declared with what exists only', () => {
    // @ts-expect-error no such option
    encryptedColumn({ table: 'a', column: 'b', type: text(), binds: ['row'] });
    // @ts-expect-error nothing to bind to
    encryptedColumn({ table: 'a', column: 'b', type: text(), bind: ['user'] });
    encryptedColumn({ table: 'a', column: 'b', type: text(), crypterer: {} as Crypterer });
    // @ts-expect-error an await is missing
    encryptedColumn({ table: 'a', column: 'b', type: text(), crypterer: Promise.resolve({} as Crypterer) });
    // @ts-expect-error no such dialect
    ssn.ddl('oracle');
  });
});

describe('decryptRows', () => {
  interface Row {
    id: number;
    name: string;
    ssn: Buffer | null;
    salary: Buffer;
  }
  const rows: Row[] = [];

  it('gives the rows with values in place of ciphertexts, null where the row allows it', async () => {
    const [row] = await decryptRows(rows, { ssn, salary });
    expectTypeOf(row?.id).toEqualTypeOf<number | undefined>();
    expectTypeOf(row?.name).toEqualTypeOf<string | undefined>();
    expectTypeOf(row?.ssn).toEqualTypeOf<string | null | undefined>();
    expectTypeOf(row?.salary).toEqualTypeOf<number | undefined>();
  });

  it('gives the types of the columns for rows whose types are not known', async () => {
    const [loose] = await decryptRows([any], { ssn, salary });
    expectTypeOf(loose?.ssn).toEqualTypeOf<string | null | undefined>();
    const [record] = await decryptRows([] as Record<string, unknown>[], { ssn });
    expectTypeOf(record?.ssn).toEqualTypeOf<string | null | undefined>();
    expectTypeOf(record?.other).toEqualTypeOf<unknown>();
  });

  it('needs the functions for row and tenant exactly where a column is bound to them', () => {
    void decryptRows(rows, { ssn: byRow, salary }, { row: (row) => row.id });
    void decryptRows(rows, { ssn }, { signal: AbortSignal.timeout(1) });
    // @ts-expect-error row is missing
    void decryptRows(rows, { ssn: byRow });
    // @ts-expect-error tenant is missing
    void decryptRows(rows, { ssn: byBoth, salary }, { row: (row) => row.id });
    // @ts-expect-error no id
    void decryptRows(rows, { ssn: byRow }, { row: (row) => row.ssn });
  });

  it('takes the functions for row and tenant only where a column is bound to them', () => {
    // @ts-expect-error no column is bound to its row
    void decryptRows(rows, { ssn }, { row: (row: Row) => row.id });
    // @ts-expect-error no column is bound to its tenant
    void decryptRows(rows, { ssn: byRow }, { row: (row: Row) => row.id, tenant: (row: Row) => row.id });
  });

  it('gives values or errors where it is told to collect them', async () => {
    const [row] = await decryptRows(rows, { ssn, salary }, { onError: 'collect' });
    expectTypeOf(row?.name).toEqualTypeOf<string | undefined>();
    expectTypeOf(row?.ssn).toEqualTypeOf<string | SqlcrypterError | null | undefined>();
    expectTypeOf(row?.salary).toEqualTypeOf<number | SqlcrypterError | undefined>();
    const [bound] = await decryptRows(rows, { ssn: byRow }, { onError: 'collect', row: (each) => each.id });
    expectTypeOf(bound?.ssn).toEqualTypeOf<string | SqlcrypterError | null | undefined>();
    // @ts-expect-error row is missing
    void decryptRows(rows, { ssn: byRow }, { onError: 'collect' });
  });

  it('takes keys that the rows have', () => {
    // @ts-expect-error no such key
    void decryptRows(rows, { snn: ssn });
    // @ts-expect-error no column
    void decryptRows(rows, { ssn: 'employee.ssn' });
  });
});
