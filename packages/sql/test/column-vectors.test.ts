import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createAesCrypterer } from '@sqlcrypter/aes';
import type { ErrorCode } from '@sqlcrypter/core';
import { encodeContext } from '@sqlcrypter/core/provider';
import { describe, expect, it } from 'vitest';
import { type ColumnVector, columns, type IdVector, type ValueVector } from '../../../testing/vectors/columns-v1.js';
import {
  bigint,
  boolean,
  bytes,
  date,
  encryptedColumn,
  json,
  number,
  type RowId,
  text,
  type ValueType,
} from '../src/index.js';
import { encodeRowId } from '../src/row-id.js';
import { expectCode } from './expect-code.js';

const VECTORS = new URL('../../../testing/vectors/', import.meta.url);
const hex = (digits: string) => Buffer.from(digits, 'hex');
const crypterer = createAesCrypterer({ key: { id: columns.keyId, key: hex(columns.dataKey) } });

const TYPES: Readonly<Record<string, ValueType<unknown>>> = {
  text: text(),
  'text padded to 8': text({ padTo: 8 }),
  bytes: bytes(),
  json: json(),
  number: number(),
  bigint: bigint(),
  boolean: boolean(),
  date: date(),
} as Record<string, ValueType<unknown>>;
const typeOf = (name: string) => TYPES[name] ?? expect.unreachable(name);

function idOf({ text: name, integer, number: double, hex: digits, parts }: IdVector): unknown {
  if (parts !== undefined) return parts.map(idOf);
  if (digits !== undefined) return hex(digits);
  return integer === undefined ? (name ?? double) : BigInt(integer);
}

function vectorValue(value: ValueVector): unknown {
  if (value.hex !== undefined) return hex(value.hex);
  if (value.number !== undefined) return Number(value.number);
  if (value.integer !== undefined) return BigInt(value.integer);
  if (value.milliseconds !== undefined) return new Date(value.milliseconds);
  return value.text ?? value.boolean ?? value.json;
}

describe('columns-v1.json', () => {
  it('is what its script makes, byte for byte', () => {
    const made = execFileSync(process.execPath, [fileURLToPath(new URL('make-columns-v1.mjs', VECTORS)), '--print']);
    expect(made.toString()).toBe(readFileSync(new URL('columns-v1.json', VECTORS), 'utf8'));
  });

  it('has one name for each case', () => {
    for (const cases of [columns.ids, columns.values, columns.readOnly, columns.refused, columns.texts]) {
      expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    }
  });
});

describe('an id in the context', () => {
  it.each(columns.ids)('is the same for everybody: $name', ({ id, value }) => {
    const encoded = encodeRowId(idOf(id), 'row');
    expect(encoded).toEqual(typeof value === 'string' ? value : hex(value.hex));
    const safe = id.integer !== undefined && Number.isSafeInteger(Number(id.integer));
    if (safe) expect(encodeRowId(Number(id.integer), 'tenant')).toBe(value);
  });

  it.each(columns.invalidIds)('is refused: $name', async ({ id, code }) => {
    await expectCode(code as ErrorCode, () => encodeRowId(idOf(id), 'row'));
  });
});

describe('a value in its plaintext', () => {
  it.each(columns.values)('is written and read: $name', ({ type, value, plaintext }) => {
    expect(Buffer.from(typeOf(type).encode(vectorValue(value))).toString('hex')).toBe(plaintext);
    expect(typeOf(type).decode(hex(plaintext))).toEqual(vectorValue(value));
  });

  it.each(columns.readOnly)('is read though it was not written so: $name', ({ type, value, plaintext }) => {
    expect(typeOf(type).decode(hex(plaintext))).toEqual(vectorValue(value));
    expect(Buffer.from(typeOf(type).encode(vectorValue(value))).toString('hex')).not.toBe(plaintext);
  });

  it('is null where a writer encrypted the JSON text null; here null is SQL NULL', async () => {
    const column = encryptedColumn({ table: 't', column: 'c', type: json<unknown>(), crypterer });
    expect(await column.encrypt(null)).toBeNull();
    const stored = crypterer.encryptSync(Buffer.from('null'), { context: { c: 't.c' } });
    expect(await column.decrypt(stored)).toBeNull();
  });

  it.each(columns.refused)('is refused as one of another type: $name', async ({ type, plaintext, code }) => {
    await expectCode(code as ErrorCode, () => typeOf(type).decode(hex(plaintext)));
  });
});

describe('a value in a column', () => {
  const bindOf = ({ row, tenant }: ColumnVector) => [
    ...(row === undefined ? [] : ['row' as const]),
    ...(tenant === undefined ? [] : ['tenant' as const]),
  ];
  const placeOf = ({ row, tenant }: ColumnVector) => ({
    ...(row !== undefined && { row: idOf(row) as RowId }),
    ...(tenant !== undefined && { tenant: idOf(tenant) as RowId }),
  });

  it.each(columns.columns)('is read as bytes and as text: $name', async (vector) => {
    const { label, type, value, ciphertext, context } = vector;
    const options = { table: 't', column: 'c', label, type: typeOf(type), bind: bindOf(vector), crypterer };
    const place = placeOf(vector) as never;
    expect(await encryptedColumn(options).decrypt(hex(ciphertext), place)).toEqual(vectorValue(value));
    expect(await encryptedColumn({ ...options, encoding: 'text' }).decrypt(vector.text, place)).toEqual(
      vectorValue(value),
    );
    expect(await encryptedColumn(options).decrypt(`\\x${ciphertext}`, place)).toEqual(vectorValue(value));
    const { row, tenant } = placeOf(vector);
    const own = {
      c: label,
      ...(row !== undefined && { r: encodeRowId(row, 'row') }),
      ...(tenant !== undefined && { tn: encodeRowId(tenant, 'tenant') }),
    };
    expect(encodeContext(own).toString('hex')).toBe(context);
  });

  it.each(columns.texts)('is refused as text: $name', async ({ text: stored, code }) => {
    const column = encryptedColumn({ table: 'employee', column: 'ssn', type: text(), encoding: 'text', crypterer });
    await expectCode(code as ErrorCode, () => column.decrypt(stored));
  });
});
