import { defineConfig, type ViteUserConfig } from 'vitest/config';

type TestOptions = NonNullable<ViteUserConfig['test']>;

/** What every package's vitest run has in common. The JSON report is what `npm test` counts. */
export function packageTests(overrides: TestOptions = {}): ViteUserConfig {
  return defineConfig({
    test: {
      include: ['test/**/*.test.ts'],
      reporters: ['default', ['json', { outputFile: 'test-results/vitest.json' }]],
      testTimeout: 30_000,
      hookTimeout: 60_000,
      env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
      ...overrides,
    },
  });
}

/** Lines of the published packages are covered over 95 percent; the run fails below that. */
export const publishedCoverage: NonNullable<TestOptions['coverage']> = {
  enabled: true,
  provider: 'v8',
  include: ['src/**/*.ts'],
  reporter: ['text', 'json-summary'],
  thresholds: { lines: 95 },
};
