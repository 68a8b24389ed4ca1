import { types } from 'node:util';
import { type Crypterer, type ErrorCode, SqlcrypterError } from '@sqlcrypter/core';
import { checkCallOptions, isCrypterer } from '@sqlcrypter/core/provider';

/** What a value is, for messages: its kind and never its content. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (types.isPromise(value)) return 'a Promise (is an await missing?)';
  if (types.isProxy(value)) return 'a proxy';
  if (Array.isArray(value)) return 'an array';
  return `a value of type ${typeof value}`;
}

/** Refuses whatever is not an object of these options; absent options are none. Errors: `INVALID_ARGUMENT`. */
export function checkOptions(options: unknown, what: string, names: readonly string[]): object | undefined {
  if (options === undefined) return undefined;
  // A Map or a Promise has no options, and would be as good as none.
  if (Object.prototype.toString.call(options) === '[object Object]') {
    checkCallOptions(options as object, names);
    return options as object;
  }
  throw new SqlcrypterError(
    'INVALID_ARGUMENT',
    `${what} was given ${kindOf(options)} as its options. Expected an object.`,
  );
}

/** A crypterer is an instance, the name of a registered one, or left out; anything else is `CONFIG`. */
export function checkCrypterer(chosen: unknown): Crypterer | string | undefined {
  if (chosen === undefined || (typeof chosen === 'string' && chosen !== '') || isCrypterer(chosen)) return chosen;
  throw new SqlcrypterError(
    'CONFIG',
    `\`crypterer\` is ${chosen === '' ? 'an empty name' : kindOf(chosen)}. ` +
      'Expected a crypterer, the name of a registered one, or nothing for the default.',
  );
}

/** A count with bounds, or nothing; anything else is an error with that code. */
export function checkCount(count: unknown, name: string, min: number, max: number, code: ErrorCode): void {
  if (count === undefined || (Number.isSafeInteger(count) && Number(count) >= min && Number(count) <= max)) return;
  throw new SqlcrypterError(code, `\`${name}\` is not allowed. Expected an integer from ${min} to ${max}.`);
}
