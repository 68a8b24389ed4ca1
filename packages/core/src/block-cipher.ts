/// <reference types="node" preserve="true" />
import { type Cipher, createCipheriv, type KeyObject } from 'node:crypto';

/** ECB has none. Cloudflare Workers refuse `null`, which Node takes as well. */
const NO_IV = Buffer.alloc(0);

/**
 * AES-256 on single blocks. Given whole blocks only, the cipher keeps nothing from one `update` to the next, so that one
 * object serves for any number of calls; `final` is never called.
 */
export function blockCipher(key: Uint8Array | KeyObject): Cipher {
  return createCipheriv('aes-256-ecb', key, NO_IV).setAutoPadding(false);
}
