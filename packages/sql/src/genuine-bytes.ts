/// <reference types="node" preserve="true" />
import { types } from 'node:util';

const TYPED_ARRAY: object = Object.getPrototypeOf(Uint8Array.prototype);

function ownGetter<T>(name: 'buffer' | 'byteOffset' | 'byteLength'): (bytes: Uint8Array) => T {
  const get = Object.getOwnPropertyDescriptor(TYPED_ARRAY, name)?.get as () => T;
  return Function.prototype.call.bind(get) as (bytes: Uint8Array) => T;
}

const memoryOf = ownGetter<ArrayBuffer>('buffer');
const offsetOf = ownGetter<number>('byteOffset');
const lengthOf = ownGetter<number>('byteLength');

/**
 * The memory of a Uint8Array, also of another realm, as a Buffer that nobody could give properties of its own. Undefined
 * for anything else. Throws where the memory is gone.
 */
export function genuineBytes(value: unknown): Buffer | undefined {
  return types.isUint8Array(value) ? Buffer.from(memoryOf(value), offsetOf(value), lengthOf(value)) : undefined;
}
