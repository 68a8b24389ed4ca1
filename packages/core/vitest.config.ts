import { packageTests, publishedCoverage } from '../../vitest.shared.js';

export default packageTests({
  coverage: publishedCoverage,
  typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], tsconfig: 'test/tsconfig.json' },
});
