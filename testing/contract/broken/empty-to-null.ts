import { spoiled } from './bad-provider.js';

export const emptyToNull = spoiled(
  'turns the empty value into NULL',
  'encrypts the empty value to a frame, not to nothing',
  (good) => ({
    encrypt: async (plaintext, options) =>
      plaintext.length === 0 ? (null as never) : good.encrypt(plaintext, options),
  }),
);
