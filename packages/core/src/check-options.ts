import { SqlcrypterError, unreadable } from './sqlcrypter-error.js';

function kindOf(value: unknown): string {
  return value === null ? 'null' : isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}

function isArray(value: unknown): boolean {
  try {
    return Array.isArray(value);
  } catch {
    // A proxy that was revoked.
    return false;
  }
}

/**
 * Refuses options that are not an object or that hold a name which means nothing: a misspelt limit would otherwise be
 * no limit at all. Errors: `CONFIG`.
 */
export function checkOptionNames(options: unknown, of: string, names: readonly string[]): void {
  if (options === null || typeof options !== 'object' || isArray(options)) {
    throw new SqlcrypterError('CONFIG', `${of} was given ${kindOf(options)}. Expected an object of options.`);
  }
  for (const name of ownNames(options, of)) {
    if (names.includes(name)) continue;
    throw new SqlcrypterError('CONFIG', `${of} has no option ${JSON.stringify(name)}. It has: ${names.join(', ')}.`);
  }
}

function ownNames(options: object, of: string): string[] {
  try {
    return Object.keys(options);
  } catch (error) {
    throw unreadable(error, `The options of ${of}`, 'CONFIG');
  }
}

/**
 * A copy of options whose names are checked, each read once: a getter or a proxy may give something else the next time.
 * Errors: `CONFIG`.
 */
export function takeOptions<T extends object>(options: T, of: string, names: readonly string[]): T {
  return readOptions(of, () => {
    checkOptionNames(options, of, names);
    return Object.fromEntries(names.map((name) => [name, (options as Record<string, unknown>)[name]])) as T;
  });
}

/** What `read` gives. Errors: its own, and `CONFIG` in place of those without a code, which getters and proxies throw. */
export function readOptions<T>(of: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(error, `The options of ${of}`, 'CONFIG');
  }
}

/**
 * Refuses options of a call that are no object, and names that mean nothing to it, inherited ones too: a value would be
 * encrypted without the context that was meant for it. Errors: `INVALID_ARGUMENT`.
 */
export function checkCallOptions(options: object, names: readonly string[]): void {
  if (options === null || typeof options !== 'object') {
    throw new SqlcrypterError('INVALID_ARGUMENT', `The options are ${kindOf(options)}. Expected an object.`);
  }
  const unknown = unknownName(options, names);
  if (unknown === undefined) return;
  const hint = names.includes('context') ? ' What a value is bound to goes into `context`.' : '';
  throw new SqlcrypterError(
    'INVALID_ARGUMENT',
    `The call has no option ${JSON.stringify(unknown)}. It has: ${names.join(', ')}.${hint}`,
  );
}

function unknownName(options: object, names: readonly string[]): string | undefined {
  try {
    for (const name in options) if (!names.includes(name)) return name;
    return undefined;
  } catch (error) {
    throw unreadable(error, 'The options');
  }
}

/** A number that is greater than zero and finite, or `CONFIG`. */
export function checkPositive(value: unknown, option: string, unit: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  const got = typeof value === 'number' ? String(value) : kindOf(value);
  throw new SqlcrypterError('CONFIG', `${option} is ${got}. Expected a number of ${unit} greater than 0.`);
}

/** A whole number of at least one, or `CONFIG`. */
export function checkPositiveInteger(value: unknown, option: string, unit: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  const got = typeof value === 'number' ? String(value) : kindOf(value);
  throw new SqlcrypterError('CONFIG', `${option} is ${got}. Expected a whole number of ${unit}, at least 1.`);
}
