import { fileURLToPath } from 'node:url';
import config from '../../../packages/core/vitest.config.js';
import { forMutants } from './for-mutants.js';

/** Long comparisons of the batch engine with node:crypto: what is changed here has its own tests beside them. */
const LEFT_OUT = ['batch-engine-differential', 'batch-engine-gcm'];

export default forMutants(config, fileURLToPath(new URL('../../../packages/core', import.meta.url)), LEFT_OUT);
