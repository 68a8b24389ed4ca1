/// <reference types="node" preserve="true" />
import { types } from 'node:util';
import { SqlcrypterError } from '@sqlcrypter/core';
import { causeOf } from '@sqlcrypter/core/provider';
import { kindOf } from './argument-check.js';
import type { ColumnFacts } from './column-facts.js';
import { refuseEncrypted } from './encrypted-input.js';
import { located } from './located-error.js';

/** The plaintext of a value of the column. Errors: those of the column's type, with column and index. */
export function encodeValue<T>({ type, label }: ColumnFacts<T>, value: T, index?: number): Uint8Array {
  try {
    refuseEncrypted(value);
    if (value === undefined) {
      throw new SqlcrypterError('INVALID_ARGUMENT', 'The value is undefined. Expected a value, or null for NULL.');
    }
    const plaintext = type.encode(value);
    if (types.isUint8Array(plaintext)) return plaintext;
    throw new SqlcrypterError(
      'INVALID_ARGUMENT',
      `The value type gave ${kindOf(plaintext)} as plaintext. Expected its \`encode\` to give a Uint8Array.`,
    );
  } catch (error) {
    throw typeFailure(error, `encode ${kindOf(value)}`, type.name, { column: label, index });
  }
}

/** The value of a plaintext. Errors: `INVALID_ARGUMENT` with column and index where it was written as another type. */
export function decodeValue<T>({ type, label }: ColumnFacts<T>, plaintext: Buffer, index?: number): T {
  try {
    return type.decode(plaintext);
  } catch (error) {
    throw typeFailure(error, 'decode a plaintext', type.name, { column: label, index });
  }
}

/** An error of a value type from outside may quote the value, so only its name is kept. */
function typeFailure(
  error: unknown,
  what: string,
  typeName: string,
  place: { readonly column: string; readonly index: number | undefined },
): SqlcrypterError {
  if (SqlcrypterError.is(error)) return located(error, place);
  const message = `The value type ${typeName} could not ${what}. Expected a value of that type.`;
  return located(new SqlcrypterError('INVALID_ARGUMENT', message, { cause: causeOf(error) }), place);
}
