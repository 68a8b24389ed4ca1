import { packageTests } from '../../vitest.shared.js';

// Long enough for npm to fetch packages that it has not in its cache.
export default packageTests({ testTimeout: 120_000, hookTimeout: 240_000 });
