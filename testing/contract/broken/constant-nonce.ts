import { badProvider } from './bad-provider.js';
import { createHandmadeCrypterer } from './handmade-crypterer.js';

export const constantNonce = badProvider(
  'uses one nonce for all values',
  'does not repeat a nonce in 10,000 values',
  (options) => createHandmadeCrypterer(options, { nonce: (length) => Buffer.alloc(length, 7) }),
);
