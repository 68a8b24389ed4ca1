import { badProvider } from './bad-provider.js';
import { createHandmadeCrypterer } from './handmade-crypterer.js';

export const restartingCounter = badProvider(
  'counts nonces from zero in every process',
  'does not begin the same nonces anew after a restart or in a second process',
  (options) => {
    let count = 0;
    const nonce = (length: number) => {
      const bytes = Buffer.alloc(length);
      bytes.writeUInt32BE(count++, length - 4);
      return bytes;
    };
    return createHandmadeCrypterer(options, { nonce });
  },
);
