import { SqlcrypterError } from '@sqlcrypter/core';
import { isPlainObject } from '@sqlcrypter/core/provider';

/** What every wrap of a key table is bound to has names that begin so. */
const RESERVED = 'sqlcrypter.';

/**
 * A copy of the application's KMS encryption context, each value read once. Whatever would not be sent as it stands is
 * refused: a Map, an array or an inherited name would be left out, and values readable without the context.
 *
 * Errors: `CONFIG`.
 */
export function readKmsContext(context: unknown, goFrames: unknown): Readonly<Record<string, string>> | undefined {
  if (context === undefined) return undefined;
  if (!isPlainObject(context)) throw config('is not an object of strings');
  const entries = Reflect.ownKeys(context).map((name) => {
    if (typeof name !== 'string') throw config('has a name that is a symbol');
    const { value, get, enumerable } = Object.getOwnPropertyDescriptor(context, name) ?? {};
    if (enumerable !== true) throw config('has a name that is not enumerable');
    return [name, get === undefined ? value : get.call(context)] as const;
  });
  for (const [name, value] of entries) checkEntry(name, value);
  if (goFrames === 'write') {
    throw new SqlcrypterError(
      'CONFIG',
      "encryptionContext cannot be used with goFrames: 'write': the Go library sends none and could not read a value. " +
        'Leave one of the two out.',
    );
  }
  return Object.fromEntries(entries);
}

function checkEntry(name: string, value: unknown): void {
  if (typeof value !== 'string') throw config('is not an object of strings');
  if (!name.isWellFormed() || !value.isWellFormed()) throw config('has half of a surrogate pair, which is no text');
  if (name.startsWith(RESERVED))
    throw config(`has a name that begins with ${RESERVED}, which is for keys of a key table`);
  // The SDK would set the prototype of what it sends.
  if (name === '__proto__') throw config('has the name __proto__, which would not be sent');
}

function config(what: string): SqlcrypterError {
  return new SqlcrypterError('CONFIG', `encryptionContext ${what}. Expected e.g. { application: "payroll" }.`);
}
