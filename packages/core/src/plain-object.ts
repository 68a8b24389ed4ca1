/**
 * Whether a value is an object as `{}` makes it, also in another realm: not an instance of a class, not a Promise, and
 * nothing that it would take from a prototype of its own.
 */
export function isPlainObject(value: unknown): value is object {
  if (value === null || typeof value !== 'object') return false;
  try {
    const prototype: object | null = Object.getPrototypeOf(value);
    if (prototype === null) return true;
    return Object.hasOwn(prototype, 'isPrototypeOf') && Object.getPrototypeOf(prototype) === null;
  } catch {
    // A proxy threw.
    return false;
  }
}
