import type { CryptOptions } from '@sqlcrypter/core';
import { spoiled } from './bad-provider.js';

function joined(options: CryptOptions | undefined): CryptOptions | undefined {
  if (!options?.context) return options;
  const entries = Object.entries(options.context).sort();
  const text = entries.map(([name, value]) => name + Buffer.from(value).toString('latin1')).join('');
  return { ...options, context: { all: text } };
}

export const concatenatedContext = spoiled(
  'joins the names and values of a context without their lengths',
  'refuses a context whose boundaries were shifted',
  (good) => ({
    encrypt: async (plaintext, options) => good.encrypt(plaintext, joined(options)),
    decrypt: async (ciphertext, options) => good.decrypt(ciphertext, joined(options)),
  }),
);
