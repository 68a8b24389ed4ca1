import { createRequire } from 'node:module';
import * as core from '../dist/index.js';
import * as provider from '../dist/provider.js';

type Core = typeof import('../src/index.js');
type Provider = typeof import('../src/provider.js');

const require = createRequire(import.meta.url);

/** The package as others in the process may have loaded it, beside the sources under test. */
export const otherCopies: readonly { name: string; core: Core; provider: Provider }[] = [
  { name: 'the ES module', core: core as unknown as Core, provider: provider as unknown as Provider },
  { name: 'the CommonJS build', core: require('../dist/cjs/index.js'), provider: require('../dist/cjs/provider.js') },
];
