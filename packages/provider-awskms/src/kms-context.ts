import { SqlcrypterError } from '@sqlcrypter/core';
import { isPlainObject } from '@sqlcrypter/core/provider';

/** What a row of a key table is bound to has names that begin so. */
const RESERVED = 'sqlcrypter.';

/**
 * A copy of the encryption context for the KMS: values must stay readable whatever the application does with its object.
 * What a copy would leave out or read only once is refused: a value could then be opened without it, or never again.
 *
 * Errors: `CONFIG`.
 */
export function checkEncryptionContext(
  context: Readonly<Record<string, string>> | undefined,
  goFrames: unknown,
): Readonly<Record<string, string>> | undefined {
  if (context === undefined) return undefined;
  const copy = plainCopy(context);
  if (copy === undefined) {
    throw new SqlcrypterError(
      'CONFIG',
      'encryptionContext is not a plain object of strings. Expected e.g. { application: "payroll" }, without getters, ' +
        'symbols or a prototype of its own: copy what you have with { ...context }.',
    );
  }
  const reserved = Object.keys(copy).find((name) => name.startsWith(RESERVED));
  if (reserved !== undefined) {
    throw new SqlcrypterError(
      'CONFIG',
      `encryptionContext has a name that begins with "${RESERVED}". Those names bind wrapped keys to their rows in a key ` +
        'table. Choose another name.',
    );
  }
  if (goFrames === 'write') {
    throw new SqlcrypterError(
      'CONFIG',
      "encryptionContext cannot be used with goFrames: 'write': the Go library sends none and could not read a value. " +
        'Leave one of the two out.',
    );
  }
  return copy;
}

function plainCopy(context: unknown): Readonly<Record<string, string>> | undefined {
  try {
    if (!isPlainObject(context)) return undefined;
    const entries = Reflect.ownKeys(context).map(
      (name) => [name, Object.getOwnPropertyDescriptor(context, name)] as const,
    );
    const isPlain = entries.every(
      ([name, property]) => typeof name === 'string' && property?.enumerable && typeof property.value === 'string',
    );
    // Not by assignment: "__proto__" is a name like any other.
    return isPlain ? Object.fromEntries(entries.map(([name, property]) => [name, property?.value])) : undefined;
  } catch {
    // A proxy threw.
    return undefined;
  }
}
