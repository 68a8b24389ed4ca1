import { randomFillSync } from 'node:crypto';

const POOL_LENGTH = 4096;

/**
 * Random bytes from the operating system's generator, fetched 4 KiB at a time: a nonce then costs a copy instead of a
 * call. A slice is zeroed when it is taken, so that no nonce stays behind, and used once.
 */
export class RandomPool {
  /** Allocated with the first use: most data keys of a reader never write. */
  #bytes = Buffer.alloc(0);
  #next = 0;

  /** Writes `length` fresh random bytes, at most 4,096, to `target` at `offset`. */
  take(target: Uint8Array, offset: number, length: number): void {
    if (length > this.#bytes.length - this.#next) {
      const bytes = this.#bytes.length === 0 ? Buffer.alloc(POOL_LENGTH) : this.#bytes;
      // Where the generator fails, nothing may be left that looks like random bytes.
      randomFillSync(bytes);
      this.#bytes = bytes;
      this.#next = 0;
    }
    const start = this.#next;
    const bytes = this.#bytes;
    this.#next = start + length;
    for (let i = 0; i < length; i++) {
      target[offset + i] = bytes[start + i] as number;
      bytes[start + i] = 0;
    }
  }
}
