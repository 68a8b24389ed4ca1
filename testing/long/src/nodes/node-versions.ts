import type { Part, PartResult } from '../part.js';
import { table } from '../table.js';
import { NODE_RUNTIMES } from './node-runtime.js';
import { makePackedProject, TESTED_PACKAGES } from './packed-project.js';
import { runSuite, type SuiteRun } from './suite-run.js';

const FOLDERS = TESTED_PACKAGES.map(({ folder }) => folder);

/** The packed packages under every version of Node that they are for. */
export const nodeVersions: Part = {
  title: 'The contract suite on every version of Node, with the packed packages',
  async run({ stop }) {
    console.log('Packing and installing …');
    const project = await makePackedProject();
    const runs: SuiteRun[] = [];
    for (const runtime of NODE_RUNTIMES) {
      console.log(`Node ${runtime.version} …`);
      const suite = await runSuite(project, runtime);
      if (stop.aborted) return { ...report(runs), outcome: 'stopped' };
      runs.push(suite);
    }
    return report(runs);
  },
};

function report(runs: readonly SuiteRun[]): PartResult {
  const rows = runs.map(({ runtime, passed, failures, skips, absent }) =>
    absent === undefined
      ? [`Node ${runtime.version}`, ...FOLDERS.map((folder) => passed[folder] ?? 0), failures.length, skips.length]
      : [`Node ${runtime.version}: NOT RUN`, ...FOLDERS.map(() => '-'), '-', '-'],
  );
  const notes = runs.flatMap(({ runtime, failures, skips, absent }) => [
    ...(absent === undefined ? [] : [`NOT RUN on Node ${runtime.version}, which cannot be had here: ${absent}`]),
    ...failures.map((failure) => `FAILED on Node ${runtime.version}: ${failure}`),
    ...skips.map((skip) => `SKIPPED on Node ${runtime.version}: ${skip}`),
  ]);
  const sum = (count: (run: SuiteRun) => number) => runs.reduce((total, run) => total + count(run), 0);
  const passed = sum((run) => FOLDERS.reduce((total, folder) => total + (run.passed[folder] ?? 0), 0));
  const failed = sum(({ failures }) => failures.length);
  const versions = runs.filter(({ absent }) => absent === undefined).map(({ runtime }) => runtime.version);
  return {
    summary: `${passed} passed, ${failed} failed on Node ${versions.join(', ')}`,
    outcome: runs.every(succeeded) ? 'passed' : 'failed',
    report: [table(['', ...FOLDERS.map((folder) => `passed, ${folder}`), 'failed', 'skipped'], rows), ...notes].join(
      '\n\n',
    ),
  };
}

/** A package without a test that passed, or with a skipped one, has not shown what it was to show. */
function succeeded({ runtime, passed, failures, skips, absent }: SuiteRun): boolean {
  if (absent !== undefined) return !runtime.required;
  return FOLDERS.every((folder) => (passed[folder] ?? 0) > 0) && failures.length === 0 && skips.length === 0;
}
