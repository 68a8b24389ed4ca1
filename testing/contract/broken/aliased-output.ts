import { spoiled } from './bad-provider.js';

export const aliasedOutput = spoiled(
  'gives out one piece of memory again and again',
  'gives each result memory that no later call writes to',
  (good) => {
    const scratch = Buffer.alloc(2 ** 21);
    return {
      async decrypt(ciphertext, options) {
        const plaintext = await good.decrypt(ciphertext, options);
        plaintext.copy(scratch);
        return scratch.subarray(0, plaintext.length);
      },
    };
  },
);
