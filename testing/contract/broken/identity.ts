import { spoiled } from './bad-provider.js';

export const identity = spoiled(
  'does not encrypt at all',
  'leaves nothing of the plaintext readable in the ciphertext',
  () => ({
    encrypt: async (plaintext) => Buffer.from(plaintext),
    decrypt: async (ciphertext) => Buffer.from(ciphertext),
  }),
);
