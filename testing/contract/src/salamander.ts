/// <reference types="node" preserve="true" />
import { createCipheriv } from 'node:crypto';
import type { GcmInput } from './forged-frame.js';
import { blockToElement, elementToBlock, invert, multiply } from './galois-field.js';

const BLOCK = 16;

function encryptBlock({ key }: GcmInput, block: Uint8Array): bigint {
  const ecb = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  return blockToElement(ecb.update(block));
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & (BLOCK - 1))]);
}

/** Authenticated data, one ciphertext block and the lengths, hashed with the given ciphertext block. */
function ghash(hashKey: bigint, data: Uint8Array, ciphertext: bigint): bigint {
  const lengths = Buffer.alloc(BLOCK);
  lengths.writeBigUInt64BE(BigInt(data.length) * 8n, 0);
  lengths.writeBigUInt64BE(BigInt(BLOCK) * 8n, 8);
  const blocks = Buffer.concat([padded(data), elementToBlock(ciphertext), lengths]);
  let hash = 0n;
  for (let offset = 0; offset < blocks.length; offset += BLOCK) {
    hash = multiply(hash ^ blockToElement(blocks.subarray(offset, offset + BLOCK)), hashKey);
  }
  return hash;
}

/**
 * A ciphertext of one block with one tag that AES-GCM accepts under two keys: AES-GCM does not commit to its key. The
 * tag is E(J0) + GHASH, and GHASH is linear in the ciphertext block c, which it takes times H^2 (the block of lengths
 * follows). So both tags are equal for c = (difference of all the rest) / (H1^2 + H2^2).
 */
export function salamander(first: GcmInput, second: GcmInput, data: Uint8Array): Buffer {
  const [one, other] = [first, second].map((input) => {
    const hashKey = encryptBlock(input, Buffer.alloc(BLOCK));
    const mask = encryptBlock(input, Buffer.concat([input.nonce, Buffer.from([0, 0, 0, 1])]));
    return { hashKey, mask, rest: mask ^ ghash(hashKey, data, 0n), factor: multiply(hashKey, hashKey) };
  }) as [Side, Side];
  const block = multiply(one.rest ^ other.rest, invert(one.factor ^ other.factor));
  const tag = one.mask ^ ghash(one.hashKey, data, block);
  return Buffer.concat([elementToBlock(block), elementToBlock(tag)]);
}

interface Side {
  readonly hashKey: bigint;
  readonly mask: bigint;
  /** The tag for a ciphertext block of zeros. */
  readonly rest: bigint;
  readonly factor: bigint;
}
