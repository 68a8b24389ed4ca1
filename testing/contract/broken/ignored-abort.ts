import { spoiled } from './bad-provider.js';

export const ignoredAbort = spoiled(
  'ignores the signal',
  'gives up a call whose signal has fired, also where the key is in memory',
  (good) => ({
    encrypt: (plaintext, options) => good.encrypt(plaintext, { ...options, signal: undefined }),
    decrypt: (ciphertext, options) => good.decrypt(ciphertext, { ...options, signal: undefined }),
  }),
);
