import { spoiled } from './bad-provider.js';

export const errorToCiphertext = spoiled(
  'gives back the ciphertext where it cannot decrypt',
  'does not answer what it cannot decrypt with the same bytes',
  (good) => ({
    decrypt: (ciphertext, options) => good.decrypt(ciphertext, options).catch(() => Buffer.from(ciphertext)),
  }),
);
