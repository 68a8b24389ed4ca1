import type { Cipher } from 'node:crypto';
import { blockCipher } from './block-cipher.js';

const PREFIX_LENGTH = 12;

/**
 * XAES-256-GCM's key derivation (C2SP): from one 256-bit key and the first 12 of 24 nonce bytes, the AES-256-GCM key
 * for values whose nonce begins with them. It is NIST SP 800-108 counter mode over CMAC, which for a 12-byte input is
 * two AES blocks.
 */
export class ExtendedNonceKey {
  /** One cipher object for all derivations: a new one would cost three times the derivation itself. */
  readonly #ecb: Cipher;
  /** M1 ‖ M2, each already XORed with the CMAC subkey; bytes 4..15 of each wait for the prefix. */
  readonly #masked = Buffer.alloc(32);
  readonly #blocks = Buffer.alloc(32);

  constructor(key: Uint8Array) {
    this.#ecb = blockCipher(key);
    const subkey = doubled(this.#ecb.update(Buffer.alloc(16)));
    const message = Buffer.from([0, 1, 0x58, 0]); // counter 1, then 'X', then a zero
    for (let i = 0; i < 16; i++) {
      const fixed = message[i] ?? 0;
      this.#masked[i] = (subkey[i] as number) ^ fixed;
      this.#masked[16 + i] = (subkey[i] as number) ^ (i === 1 ? 2 : fixed);
    }
    subkey.fill(0);
  }

  /** The 32-byte key for nonces that begin with the 12 bytes of `source` at `offset`. The caller zeroes it. */
  derive(source: Uint8Array, offset: number): Buffer {
    const masked = this.#masked;
    const blocks = this.#blocks;
    for (let i = 0; i < 4; i++) {
      blocks[i] = masked[i] as number;
      blocks[16 + i] = masked[16 + i] as number;
    }
    for (let i = 0; i < PREFIX_LENGTH; i++) {
      const byte = source[offset + i] as number;
      blocks[4 + i] = (masked[4 + i] as number) ^ byte;
      blocks[20 + i] = (masked[20 + i] as number) ^ byte;
    }
    const key = this.#ecb.update(blocks);
    // A cipher that holds back a block would shift every later answer: then no key is better than a wrong one.
    if (key.length !== 32) throw new Error('AES-ECB gave a partial block');
    return key;
  }
}

/** Doubling in GF(2^128) as CMAC defines it. Wipes its input. */
function doubled(block: Buffer): Buffer {
  const result = Buffer.alloc(16);
  const carry = (block[0] as number) >> 7;
  for (let i = 0; i < 16; i++) result[i] = ((block[i] as number) << 1) | ((block[i + 1] ?? 0) >> 7);
  result[15] = (result[15] as number) ^ (0x87 * carry);
  block.fill(0);
  return result;
}
