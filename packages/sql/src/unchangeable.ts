/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';

/**
 * Methods that change a Buffer in place: write, writeUInt8 and all the others of that name, utf8Write and its like, fill,
 * reverse, copyWithin, swap16 and its like, set, setFromHex, setFromBase64, sort.
 */
const CHANGES_IN_PLACE = /^(?:write.*|.*Write|fill|reverse|copyWithin|swap\d+|set.*|sort)$/;

/** Puts functions that throw `UNSUPPORTED` over the inherited methods that change bytes in place. */
export function refuseChanges(prototype: object): void {
  for (const name of inheritedNames(prototype)) {
    if (CHANGES_IN_PLACE.test(name)) Object.defineProperty(prototype, name, { value: () => refuse(name) });
  }
}

function inheritedNames(prototype: object): Set<string> {
  const names = new Set<string>();
  for (
    let at = Object.getPrototypeOf(prototype);
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  }
  return names;
}

function refuse(name: string): never {
  throw new SqlcrypterError(
    'UNSUPPORTED',
    `An EncryptedBytes cannot be changed in place, as ${name}() would: it would not decrypt any more. Encrypt the new ` +
      'value, or work on a copy: Buffer.from(value).',
  );
}
