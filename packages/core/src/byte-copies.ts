/// <reference types="node" preserve="true" />
import { FastBuffer } from './batch-engine/fast-buffer.js';
import { genuineBytes, lengthOf } from './genuine-bytes.js';

const MEMORY_LENGTH = 0x10000;
/** Longer ones get memory of their own. */
const MAX_SHARING_LENGTH = 0x1000;

/** Copies of many bytes, short ones side by side in memory that only they share. */
export class ByteCopies {
  #memory = new FastBuffer(0);
  #next = 0;

  /**
   * @param bytes may claim another length than they have. Where their memory is gone they are handed back: whoever reads
   *   them finds it out, and does not take them for an empty value.
   */
  of(bytes: Buffer): Buffer;
  of(bytes: Uint8Array): Uint8Array;
  of(bytes: Uint8Array): Uint8Array {
    const length = lengthOf(bytes);
    if (length === 0 || length > MAX_SHARING_LENGTH) {
      const genuine = genuineBytes(bytes);
      return genuine === undefined ? bytes : copyAlone(genuine);
    }
    if (length > this.#memory.length - this.#next) {
      this.#memory = Buffer.allocUnsafeSlow(MEMORY_LENGTH);
      this.#next = 0;
    }
    const start = this.#next;
    this.#memory.set(bytes, start);
    // Another thread may make memory longer at any time: then more was copied, over nothing yet.
    this.#next += length;
    return new FastBuffer(this.#memory.buffer, start, length);
  }
}

/** A copy in memory of its own. */
export function copyAlone(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}
