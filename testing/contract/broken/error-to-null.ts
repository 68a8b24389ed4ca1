import { spoiled } from './bad-provider.js';

export const errorToNull = spoiled(
  'answers null where it cannot decrypt',
  'does not answer a tampered value with null, with nothing or with an empty value',
  (good) => ({
    decrypt: (ciphertext, options) => good.decrypt(ciphertext, options).catch(() => null as never),
  }),
);
