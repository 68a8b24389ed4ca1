import { packageTests } from '../../vitest.shared.js';

// npm fetches whole frameworks, and each is built as its users build it.
export default packageTests({
  globalSetup: 'test/pack-packages.ts',
  testTimeout: 300_000,
  hookTimeout: 300_000,
  maxWorkers: 2,
});
