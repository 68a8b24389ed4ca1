import { seconds } from './step.mjs';

/**
 * What one package's run comes to. `report` is vitest's JSON report, or undefined when the run left none that can be
 * read; `exitCode` is that of the package's test script. Whatever speaks against the run gives at least one failure,
 * also where vitest counts none: a file that breaks before its first test, an error outside of any test, missing
 * coverage, no test at all.
 */
export function summarizeRun({ name, report, exitCode, milliseconds }) {
  const results = report?.testResults ?? [];
  const tests = results.flatMap((file) => file.assertionResults);
  const passed = tests.filter((test) => test.status === 'passed').length;
  const skips = tests.filter((test) => test.status === 'skipped' || test.status === 'todo').map(describeSkip);
  const failures = [
    ...tests.filter((test) => test.status === 'failed').map((test) => test.fullName),
    ...tests.filter((test) => test.status === 'pending').map((test) => `${test.fullName} (did not finish)`),
    ...results.filter(failedOutsideItsTests).map((file) => `${file.name}: ${file.message || 'the file failed'}`),
  ];
  if (failures.length === 0) {
    if (report === undefined) failures.push('left no report: the tests did not run to their end');
    else if (tests.length === 0) failures.push('has a test script but no tests');
    else if (exitCode !== 0) {
      failures.push(
        'every test passed, but the run failed: see its output for an error outside the tests, or coverage',
      );
    }
  }
  return { name, passed, failures, skips, milliseconds };
}

/**
 * Adds up runs and steps. A step that failed counts as one failure. With `skipsFail`, which is for CI, each skipped
 * test counts as a failure. `lastLine` is `N passed, N failed`, followed by `, N skipped` where there are any.
 */
export function addUp({ runs, failedSteps, skipsFail }) {
  const sum = (count) => runs.reduce((total, run) => total + count(run), 0);
  const passed = sum((run) => run.passed);
  const skips = sum((run) => run.skips.length);
  const skipped = skipsFail ? 0 : skips;
  const failed = sum((run) => run.failures.length) + failedSteps.length + (skips - skipped);
  const lastLine = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  return { succeeded: failed === 0 && passed > 0, lastLine };
}

/** The table of packages, then everything that failed or was skipped by name. */
export function formatReport({ runs, failedSteps, skipsFail }) {
  const width = Math.max(7, ...runs.map((run) => run.name.length));
  const row = (name, ...cells) => name.padEnd(width) + cells.map((cell) => String(cell).padStart(10)).join('');
  const lines = [row('Package', 'passed', 'failed', 'skipped', 'time')];
  for (const { name, passed, failures, skips, milliseconds } of runs) {
    const time = milliseconds === undefined ? '-' : seconds(milliseconds);
    lines.push(row(name, passed, failures.length, skips.length, time));
  }
  const failures = [
    ...failedSteps.map((step) => `${step}: see its output above`),
    ...runs.flatMap((run) => run.failures.map((failure) => `${run.name}: ${failure}`)),
  ];
  const skips = runs.flatMap((run) => run.skips.map((skip) => `${run.name}: ${skip}`));
  if (skips.length > 0) lines.push('', `SKIPPED${skipsFail ? ' (a failure in CI)' : ''}`, ...skips.map(indent));
  if (failures.length > 0) lines.push('', 'FAILED', ...failures.map(indent));
  return lines.join('\n');
}

// vitest's report has no place for the note of a skip: it is in the title, or in the test's `meta.skipReason`.
function describeSkip(test) {
  const reason = test.meta?.skipReason;
  return reason === undefined ? test.fullName : `${test.fullName} (${reason})`;
}

function failedOutsideItsTests(file) {
  return file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed');
}

function indent(line) {
  return `  ${line}`;
}
