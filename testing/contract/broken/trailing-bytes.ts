import { spoiled } from './bad-provider.js';

export const trailingBytes = spoiled(
  'leaves out what a fixed-width column has padded',
  'refuses a value with bytes appended',
  (good) => ({
    async decrypt(ciphertext, options) {
      for (let end = ciphertext.length; ; end--) {
        try {
          return await good.decrypt(ciphertext.subarray(0, end), options);
        } catch (error) {
          if (ciphertext[end - 1] !== 0) throw error;
        }
      }
    },
  }),
);
