import { spoiled } from './bad-provider.js';

export const mutatedInput = spoiled(
  'uses the memory of the ciphertext for its work',
  'changes none of its inputs',
  (good) => ({
    async decrypt(ciphertext, options) {
      const plaintext = await good.decrypt(ciphertext, options);
      ciphertext.set(plaintext, ciphertext.length - plaintext.length);
      return plaintext;
    },
  }),
);
