import type { Suite } from '@sqlcrypter/core';
import { describeCrypterer } from '../src/index.js';
import { envelopeContractOptions, localContractOptions } from './reference/contract-options.js';
import { createAsynchronousCrypterer, createLocalCrypterer } from './reference/local-crypterer.js';

const SUITES: readonly Suite[] = ['xaes-256-gcm', 'aes-256-gcm'];

for (const suite of SUITES) {
  for (const naming of ['id', 'fingerprint'] as const) {
    describeCrypterer(
      localContractOptions(`local keys named by ${naming}, ${suite}`, createLocalCrypterer, {
        suite,
        naming,
        sync: true,
      }),
    );
  }
  describeCrypterer(localContractOptions(`asynchronous only, ${suite}`, createAsynchronousCrypterer, { suite }));
  describeCrypterer(envelopeContractOptions(`key service, ${suite}`, { suite }));
}
