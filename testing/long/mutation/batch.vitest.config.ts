import { fileURLToPath } from 'node:url';
import config from '../../../packages/core/vitest.config.js';
import { forMutants } from './for-mutants.js';

/** A comparison of the whole engine with node:crypto that takes ten seconds. */
const LEFT_OUT = ['batch-engine-differential'];

export default forMutants(config, fileURLToPath(new URL('../../../packages/core', import.meta.url)), LEFT_OUT);
