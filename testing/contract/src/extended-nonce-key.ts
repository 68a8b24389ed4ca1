/// <reference types="node" preserve="true" />
import { createCipheriv } from 'node:crypto';

function encryptBlock(key: Uint8Array, block: Uint8Array): Buffer {
  return createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(block);
}

/** CMAC's subkey for messages of whole blocks: AES of the zero block, doubled in GF(2^128). */
function subkey(key: Uint8Array): bigint {
  const block = BigInt(`0x${encryptBlock(key, Buffer.alloc(16)).toString('hex')}`);
  const doubled = block << 1n;
  return doubled >> 128n === 1n ? (doubled ^ 0x87n) & ((1n << 128n) - 1n) : doubled;
}

/** XAES-256-GCM's AES-256-GCM key for the first 12 bytes of a nonce (C2SP). */
export function extendedNonceKey(key: Uint8Array, prefix: Uint8Array): Buffer {
  const mask = subkey(key);
  const halves = [1, 2].map((counter) => {
    const message = Buffer.concat([Buffer.from([0, counter, 0x58, 0]), prefix]);
    const masked = (BigInt(`0x${message.toString('hex')}`) ^ mask).toString(16).padStart(32, '0');
    return encryptBlock(key, Buffer.from(masked, 'hex'));
  });
  return Buffer.concat(halves);
}
