import { SqlcrypterError } from '@sqlcrypter/core';
import { spoiled } from './bad-provider.js';

export const plaintextInCause = spoiled(
  'keeps the plaintext in the cause of an error',
  'shows no plaintext in message, stack, cause, inspection or JSON of an error',
  (good) => ({
    encrypt: (plaintext, options) =>
      good.encrypt(plaintext, options).catch((error: SqlcrypterError) => {
        const cause = { name: 'EncryptionFailed', request: { plaintext } };
        throw SqlcrypterError.withDetails(error, { cause });
      }),
  }),
);
