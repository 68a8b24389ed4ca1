import { createAsynchronousCrypterer } from '../test/reference/local-crypterer.js';
import { badProvider } from './bad-provider.js';

export const equalToAll = badProvider(
  'has one configuration whatever its key is',
  'is never taken for a crypterer under another key when it is registered',
  (options) => createAsynchronousCrypterer({ ...options, configuration: ['xaes-256-gcm'] }),
);
