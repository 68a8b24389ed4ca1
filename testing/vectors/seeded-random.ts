import { createCipheriv, createHash } from 'node:crypto';

/** Numbers and bytes that look random and are the same in every run. */
export class SeededRandom {
  readonly #cipher;
  #bytes = Buffer.alloc(0);

  constructor(seed: string) {
    this.#cipher = createCipheriv('aes-256-ctr', createHash('sha256').update(seed).digest(), Buffer.alloc(16));
  }

  bytes(length: number): Buffer {
    while (this.#bytes.length < length) {
      this.#bytes = Buffer.concat([this.#bytes, this.#cipher.update(Buffer.alloc(65_536 + length))]);
    }
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return Buffer.from(taken);
  }

  /** An integer from 0 to below `limit`. */
  below(limit: number): number {
    return this.bytes(4).readUInt32BE() % limit;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }
}
