import { spoiled } from './bad-provider.js';

export const ignoredContext = spoiled(
  'ignores the context',
  'refuses another context than the value was encrypted with',
  (good) => ({
    encrypt: (plaintext, options) => good.encrypt(plaintext, { ...options, context: undefined }),
    decrypt: (ciphertext, options) => good.decrypt(ciphertext, { ...options, context: undefined }),
  }),
);
