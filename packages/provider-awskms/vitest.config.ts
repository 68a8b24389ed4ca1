import { packageTests, publishedCoverage } from '../../vitest.shared.js';

export default packageTests({
  coverage: publishedCoverage,
  setupFiles: ['../envelope/test/support/no-unhandled-rejections.ts'],
});
