/**
 * One value per process, shared by every copy of this package: the ES module, the CommonJS build, other versions.
 *
 * @param name ends with the version of the value's shape, which changes with it: copies that do not understand one
 *   another do not share.
 */
export function sharedState<T>(name: string, create: () => T): T {
  const key = Symbol.for(`@sqlcrypter/core/${name}`);
  const holder = globalThis as { [key: symbol]: T | undefined };
  holder[key] ??= create();
  return holder[key];
}
