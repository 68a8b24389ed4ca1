import { Stryker } from '@stryker-mutator/core';
import { root, temporaryFolder } from '../workspace.js';
import type { Mutant } from './mutation-score.js';
import type { MutationTarget } from './mutation-target.js';

/**
 * Changes a target's sources one place at a time and runs the tests that reach it. The changes are made in a copy of
 * the repository, outside of it. A report to look at is left in `test-results`, and beside it what the next run need
 * not repeat: what came of a change whose code and tests are still the same.
 *
 * @param concurrency test runners at once.
 */
export async function mutate({ name, vitestConfig, files }: MutationTarget, concurrency: number): Promise<Mutant[]> {
  // Stryker copies, and reads paths from, the folder that it is started in.
  process.chdir(root);
  const stryker = new Stryker({
    mutate: [...files],
    testRunner: 'vitest',
    plugins: [import.meta.resolve('@stryker-mutator/vitest-runner')],
    // Not by imports: some tests run what is built from the sources.
    vitest: { configFile: vitestConfig, related: false },
    coverageAnalysis: 'perTest',
    concurrency,
    incremental: true,
    incrementalFile: `testing/long/test-results/mutation-${name}.json`,
    reporters: ['progress-append-only', 'html'],
    htmlReporter: { fileName: `testing/long/test-results/mutation-${name}.html` },
    tempDirName: temporaryFolder('mutation'),
    cleanTempDir: 'always',
    ignorePatterns: ['.turbo', 'test-results'],
    // Neither test runner nor Node checks types.
    disableTypeChecks: false,
    allowConsoleColors: false,
  });
  return stryker.runMutationTest();
}
