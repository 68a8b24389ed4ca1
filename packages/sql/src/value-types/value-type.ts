/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';
import { checkOptionNames } from '@sqlcrypter/core/provider';
import { checkCount, kindOf } from '../argument-check.js';
import { attemptDeclaration } from '../located-error.js';

/**
 * How the values of a column become plaintext bytes and again values. The bytes are part of the data's format.
 *
 * Use the ones of this package, or write your own: `encode` and `decode` throw on whatever does not fit, `decode` gives
 * back exactly what `encode` was given, and neither is called with null, which is SQL NULL.
 */
export interface ValueType<T> {
  /** For errors and for the reader: `text`, `number`, … */
  readonly name: string;
  /** The most bytes that `encode` gives, where that is known: it sizes the column in `ddl()`. */
  readonly maxBytes?: number | undefined;
  /** The plaintext, which the caller does not change. */
  encode(value: T): Uint8Array;
  /** The value; the bytes may be kept. */
  decode(plaintext: Buffer): T;
}

/** Options of the value types whose length varies. */
export interface SizeOptions {
  /** The most plaintext bytes of a value, else `PLAINTEXT_TOO_LARGE`; it sizes the column in `ddl()`. */
  readonly maxBytes?: number | undefined;
}

const MAX_BYTES = 2 ** 31 - 1;

/** The options of a value type, each read once and checked when it is declared. Errors: `CONFIG`. */
export function takeTypeOptions<T extends SizeOptions>(options: T, type: string, names: readonly string[]): T {
  return attemptDeclaration(() => {
    checkOptionNames(options, `${type}()`, names);
    const taken = { ...options };
    checkCount(taken.maxBytes, 'maxBytes', 1, MAX_BYTES, 'CONFIG');
    return taken;
  });
}

/** Refuses a value over the limit. Errors: `PLAINTEXT_TOO_LARGE`. */
export function checkSize(length: number, maxBytes: number | undefined): void {
  if (maxBytes === undefined || length <= maxBytes) return;
  throw new SqlcrypterError(
    'PLAINTEXT_TOO_LARGE',
    `The value has ${length} bytes. Expected at most ${maxBytes}, the column's maxBytes.`,
  );
}

/** The error for a value that is not of the column's type. */
export function wrongValue(value: unknown, expected: string): SqlcrypterError {
  return new SqlcrypterError('INVALID_ARGUMENT', `The value is ${kindOf(value)}. Expected ${expected}.`);
}

/** The error for decrypted bytes that this type never writes. */
export function wrongBytes(type: string, expected: string): SqlcrypterError {
  return new SqlcrypterError(
    'INVALID_ARGUMENT',
    `The decrypted value is not one of type ${type} (${expected}): it was written as another type. ` +
      'Read it with the type it was written with.',
  );
}
