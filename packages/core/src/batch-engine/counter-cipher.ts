import type { Cipher, KeyObject } from 'node:crypto';
import { blockCipher } from '../block-cipher.js';
import { releaseMemory } from './release-memory.js';

const BLOCK_LENGTH = 16;

/**
 * AES-256 on many blocks at once, with node:crypto's own implementation. One cipher object serves for all calls: without
 * padding, and given whole blocks only, ECB keeps nothing from one call to the next.
 */
export class CounterCipher {
  readonly #ecb: Cipher;

  constructor(key: Uint8Array | KeyObject) {
    this.#ecb = blockCipher(key);
  }

  /**
   * Encrypts the blocks from `start` to `end` in place. The first and the last must be equal: a cipher that ever held
   * bytes back would answer with shifted blocks, and then no key stream is better than a wrong one.
   */
  encrypt(bytes: Buffer, start: number, end: number): void {
    const blocks = this.#ecb.update(bytes.subarray(start, end));
    try {
      const last = blocks.length - BLOCK_LENGTH;
      let difference = blocks.length ^ (end - start);
      for (let i = 0; i < BLOCK_LENGTH; i++) difference |= (blocks[i] as number) ^ (blocks[last + i] as number);
      if (difference !== 0) {
        throw new Error('AES-ECB did not give a block for each block');
      }
      bytes.set(blocks, start);
    } finally {
      blocks.fill(0);
      releaseMemory(blocks);
    }
  }
}
