/// <reference types="node" preserve="true" />
import { types } from 'node:util';
import { FastBuffer } from './batch-engine/fast-buffer.js';

const TYPED_ARRAY: object = Object.getPrototypeOf(Uint8Array.prototype);

/** The language's own getter, which no property of the array and no subclass can stand in for. */
function ownGetter<T>(name: 'length' | 'buffer' | 'byteOffset'): (bytes: Uint8Array) => T {
  const get = Object.getOwnPropertyDescriptor(TYPED_ARRAY, name)?.get as (this: Uint8Array) => T;
  return Function.prototype.call.bind(get) as (bytes: Uint8Array) => T;
}

/** How many bytes the memory of a Uint8Array has, whatever the array itself claims. 0 where its memory is gone. */
export const lengthOf: (bytes: Uint8Array) => number = ownGetter('length');
const memoryOf = ownGetter<ArrayBufferLike>('buffer');
const offsetOf = ownGetter<number>('byteOffset');

/** Throws where the memory of a Uint8Array was transferred away, or shrank so that the array lies outside of it. */
const requireMemory = Function.prototype.call.bind(Uint8Array.prototype.at) as (bytes: Uint8Array, at: number) => void;

/** Whether a Uint8Array has no bytes because its memory is gone, which must not pass for an empty value. */
export function isGone(bytes: Uint8Array): boolean {
  if (lengthOf(bytes) > 0) return false;
  try {
    requireMemory(bytes, 0);
    return false;
  } catch {
    return true;
  }
}

/**
 * The bytes of a Uint8Array, also of another realm, as a Buffer of fixed length that nobody could give properties of its
 * own: everything after this may trust `length`, `subarray` and the rest. Shares memory, unless other threads do, too:
 * then it is a copy. Undefined for anything else, for a proxy of one, and where the memory is gone.
 */
export function genuineBytes(value: unknown): Buffer | undefined {
  if (!types.isUint8Array(value) || isGone(value)) return undefined;
  const memory = memoryOf(value);
  const bytes = new FastBuffer(memory, offsetOf(value), lengthOf(value));
  return types.isSharedArrayBuffer(memory) ? Buffer.from(bytes) : bytes;
}
