import { authenticatedData } from '../src/forged-frame.js';
import { badProvider } from './bad-provider.js';
import { createHandmadeCrypterer } from './handmade-crypterer.js';

export const partialHeader = badProvider(
  'authenticates four bytes of the header, and not the key reference',
  'refuses a value whose header is authenticated only in part',
  (options) =>
    createHandmadeCrypterer(options, {
      authenticated: (header, context) => authenticatedData(header.subarray(0, 4), context),
    }),
);
