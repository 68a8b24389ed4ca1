import { createDecipheriv } from 'node:crypto';
import { gcmInput, nonceLength } from '../src/forged-frame.js';
import { badProvider } from './bad-provider.js';
import { createHandmadeCrypterer } from './handmade-crypterer.js';

export const beforeFinal = badProvider(
  'gives the plaintext without checking the tag',
  'refuses a value with any one bit flipped',
  (options) =>
    createHandmadeCrypterer(options, {
      open(dataKey, suite, body, data) {
        const length = nonceLength(suite);
        const { key, nonce } = gcmInput(dataKey, suite, body.subarray(0, length));
        const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
        decipher.setAAD(data).setAuthTag(body.subarray(-16));
        return Buffer.from(decipher.update(body.subarray(length, -16)));
      },
    }),
);
