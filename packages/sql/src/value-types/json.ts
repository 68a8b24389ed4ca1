import { isUtf8 } from 'node:buffer';
import { SqlcrypterError } from '@sqlcrypter/core';
import { isPlainObject } from '@sqlcrypter/core/provider';
import { plaintextBuffer } from '../plaintext-buffer.js';
import { encodeText } from '../text-encoding.js';
import { checkSize, type SizeOptions, takeTypeOptions, type ValueType, wrongBytes } from './value-type.js';

/**
 * JSON as UTF-8: plain objects, arrays, strings, finite numbers, booleans and null within them. What would come back as
 * something else is `INVALID_ARGUMENT`, at any depth: undefined, functions, symbols, BigInt, NaN and the infinities, Date, Map and
 * other instances of classes. A whole value of null is SQL NULL. Only minus zero becomes zero.
 */
export function json<T>(options: SizeOptions = {}): ValueType<T> {
  const { maxBytes } = takeTypeOptions(options, 'json', ['maxBytes']);
  return {
    name: 'json',
    maxBytes,
    encode(value) {
      const plaintext = encodeText(stringify(value));
      checkSize(plaintext.length, maxBytes);
      return plaintext;
    },
    decode(plaintext) {
      const bytes = plaintextBuffer(plaintext);
      try {
        if (isUtf8(bytes)) return JSON.parse(bytes.toString('utf8')) as T;
      } catch {
        // The parser's own message quotes the text.
      }
      throw wrongBytes('json', 'JSON in UTF-8');
    },
  };
}

function stringify(value: unknown): string {
  try {
    return JSON.stringify(value, refuseLoss);
  } catch (error) {
    if (SqlcrypterError.is(error)) throw error;
    // Circular, too deep, or a getter threw: the message of that may quote what the value holds.
    throw new SqlcrypterError('INVALID_ARGUMENT', 'The value cannot be written as JSON. Expected one without circles.');
  }
}

/** JSON.stringify calls this with the holder as `this`, and with a value that toJSON may have replaced already. */
function refuseLoss(this: Record<string, unknown>, key: string, replaced: unknown): unknown {
  const value = this[key];
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (Number.isFinite(value)) return value;
      throw notJson('a number that is not finite');
    case 'object':
      if (value === null || (value === replaced && isPlain(value))) return value;
      throw notJson(
        'an object that is neither plain nor an array, or has a toJSON method or properties that JSON has not',
      );
    default:
      throw notJson(`a value of type ${typeof value}`);
  }
}

/** Nothing of it would be lost: JSON has no symbols, no hidden properties and no names in arrays. */
function isPlain(value: object): boolean {
  const properties = Reflect.ownKeys(value).length;
  if (Array.isArray(value)) return properties === value.length + 1;
  return isPlainObject(value) && properties === Object.keys(value).length;
}

function notJson(what: string): SqlcrypterError {
  return new SqlcrypterError(
    'INVALID_ARGUMENT',
    `The value holds ${what}, which JSON would lose or change. Expected plain objects, arrays, strings, finite numbers, ` +
      'booleans and null. Leave out what is undefined, and convert the rest yourself, e.g. date.toISOString().',
  );
}
