import { createDecipheriv } from 'node:crypto';
import { parseFrame } from '@sqlcrypter/core/provider';
import { gcmInput, nonceLength } from '../src/forged-frame.js';
import { badProvider } from './bad-provider.js';
import { createHandmadeCrypterer } from './handmade-crypterer.js';

const TAG_LENGTH = 16;

/** What is behind the nonce, and what of it is the tag: up to 16 bytes. */
function splitBody(body: Buffer, nonceEnd: number): { ciphertext: Buffer; tag: Buffer } {
  const tagStart = Math.max(nonceEnd, body.length - TAG_LENGTH);
  return { ciphertext: body.subarray(nonceEnd, tagStart), tag: body.subarray(tagStart) };
}

export const shortTags = badProvider(
  'takes a tag of four bytes for a whole one',
  'refuses a value cut to any length, of an empty value',
  (options) =>
    createHandmadeCrypterer(options, {
      // Room for the missing bytes, so that core's own check of the length does not help.
      parse: (ciphertext) =>
        parseFrame(ciphertext.length < 36 ? ciphertext : Buffer.concat([ciphertext, Buffer.alloc(TAG_LENGTH)])),
      open(dataKey, suite, body, data) {
        const length = nonceLength(suite);
        const { key, nonce } = gcmInput(dataKey, suite, body.subarray(0, length));
        const { ciphertext, tag } = splitBody(body, length);
        const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tag.length });
        decipher.setAAD(data).setAuthTag(tag);
        return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
      },
    }),
);
