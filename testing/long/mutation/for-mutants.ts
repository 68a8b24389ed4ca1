import { fileURLToPath } from 'node:url';
import type { ViteUserConfig } from 'vitest/config';
import { ShortestFirst } from './shortest-first.js';

const skipRepetitiveTests = fileURLToPath(new URL('skip-repetitive-tests.ts', import.meta.url));

/**
 * A package's own test run, without what says nothing about a changed source, or fails because of the change itself.
 *
 * @param leftOut test files that are too long to wait for after each change, without `.test.ts`. Without them the score
 * can only be lower.
 */
export function forMutants(config: ViteUserConfig, root: string, leftOut: readonly string[]): ViteUserConfig {
  return {
    ...config,
    root,
    test: {
      ...config.test,
      exclude: leftOut.map((name) => `**/test/${name}.test.ts`),
      setupFiles: [config.test?.setupFiles ?? [], skipRepetitiveTests].flat(),
      sequence: { sequencer: ShortestFirst },
      typecheck: { enabled: false },
      reporters: [],
    },
  };
}
