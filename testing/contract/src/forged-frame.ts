/// <reference types="node" preserve="true" />
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import type { EncryptionContext, Suite } from '@sqlcrypter/core';
import { extendedNonceKey } from './extended-nonce-key.js';

/** Frame v1 written a second time, with node:crypto alone, so that the suite does not judge core by core. */

const DOMAIN = 'sqlcrypter/1';

/** What a value is encrypted with, once its nonce is known: an AES-256-GCM key and that cipher's nonce. */
export interface GcmInput {
  readonly key: Buffer;
  readonly nonce: Buffer;
}

/** Length of a suite's nonce. */
export function nonceLength(suite: Suite): 12 | 24 {
  return suite === 'aes-256-gcm' ? 12 : 24;
}

/** One of the keys that a data key stands for. */
export function derivedKey(dataKey: Uint8Array, info: 'suite-G' | 'suite-X' | 'commit'): Buffer {
  return Buffer.from(hkdfSync('sha256', dataKey, DOMAIN, info, 32));
}

export function gcmInput(dataKey: Uint8Array, suite: Suite, nonce: Uint8Array): GcmInput {
  if (suite === 'aes-256-gcm') return { key: derivedKey(dataKey, 'suite-G'), nonce: Buffer.from(nonce) };
  const key = extendedNonceKey(derivedKey(dataKey, 'suite-X'), nonce.subarray(0, 12));
  return { key, nonce: Buffer.from(nonce.subarray(12)) };
}

function withLength(bytes: Uint8Array, lengthBytes: 2 | 4): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(bytes.length, 0, lengthBytes);
  return Buffer.concat([length, bytes]);
}

/** The canonical bytes of a context. */
export function contextBytes(context: EncryptionContext = {}): Buffer {
  const entries = Object.entries(context).map(([name, value]) => ({
    name: Buffer.from(name),
    value: typeof value === 'string' ? Buffer.from(value) : value,
  }));
  entries.sort((one, other) => one.name.compare(other.name));
  const count = Buffer.alloc(2);
  count.writeUInt16BE(entries.length);
  return Buffer.concat([count, ...entries.flatMap(({ name, value }) => [withLength(name, 2), withLength(value, 4)])]);
}

/** What a value is authenticated with beside itself. */
export function authenticatedData(header: Uint8Array, context: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(DOMAIN), withLength(header, 4), context]);
}

/** A value to be forged. */
export interface Forgery {
  readonly dataKey: Uint8Array;
  readonly suite: Suite;
  readonly header: Uint8Array;
  readonly nonce: Uint8Array;
  readonly plaintext: Uint8Array;
  /** What is authenticated: the format's own rule unless said otherwise. */
  readonly data?: Uint8Array;
}

/** A whole frame. */
export function forgeFrame({ dataKey, suite, header, nonce, plaintext, data }: Forgery): Buffer {
  const gcm = gcmInput(dataKey, suite, nonce);
  const cipher = createCipheriv('aes-256-gcm', gcm.key, gcm.nonce);
  cipher.setAAD(data ?? authenticatedData(header, contextBytes()));
  return Buffer.concat([header, nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** The plaintext of what follows the header of a frame: nonce ‖ ciphertext ‖ tag. Throws if it does not authenticate. */
export function openForged(dataKey: Uint8Array, suite: Suite, body: Buffer, data: Uint8Array): Buffer {
  const length = nonceLength(suite);
  const gcm = gcmInput(dataKey, suite, body.subarray(0, length));
  const decipher = createDecipheriv('aes-256-gcm', gcm.key, gcm.nonce, { authTagLength: 16 });
  decipher.setAAD(data).setAuthTag(body.subarray(-16));
  return Buffer.concat([decipher.update(body.subarray(length, -16)), decipher.final()]);
}
