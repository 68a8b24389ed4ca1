import { badProvider } from './bad-provider.js';
import { createHandmadeCrypterer } from './handmade-crypterer.js';

export const triedKeys = badProvider(
  'tries every key, whichever the value names',
  'opens one ciphertext that is valid under two keys only as its header says',
  (options) => createHandmadeCrypterer(options, { candidates: (_frame, dataKeys) => dataKeys }),
);
