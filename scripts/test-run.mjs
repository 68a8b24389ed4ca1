import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pnpm, root, turbo } from './workspace.mjs';

const reportPath = 'test-results/vitest.json';
const summaries = join(root, '.turbo/runs');

/**
 * Runs a script of every package that has it, two at a time, and gives each run's exit code, duration and report.
 *
 * @param task `test`, or `test:full` for what takes too long for it.
 */
export async function runPackageTests(task, filter) {
  const packages = await packagesWithTests(task, filter);
  for (const { directory } of packages) removeReport(directory);
  rmSync(summaries, { recursive: true, force: true });
  const output = ['--output-logs=full', '--log-order=grouped', '--ui=stream', '--summarize'];
  await turbo([task, '--only', '--continue=always', '--concurrency=2', ...output, ...filter], { output: 'show' });
  const executions = readExecutions();
  return packages.map(({ name, directory }) => {
    const execution = executions.get(name);
    return {
      name,
      report: readReport(directory),
      exitCode: execution?.exitCode,
      milliseconds: execution && execution.endTime - execution.startTime,
    };
  });
}

/** Runs the tests of these scripts themselves. */
export async function runScriptTests() {
  removeReport('scripts');
  const start = Date.now();
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`];
  const { exitCode } = await pnpm(['exec', 'vitest', 'run', '--root=scripts', ...reporters], { output: 'show' });
  return { name: 'scripts', report: readReport('scripts'), exitCode, milliseconds: Date.now() - start };
}

async function packagesWithTests(task, filter) {
  const { exitCode, text } = await turbo([task, '--only', '--dry=json', ...filter]);
  if (exitCode !== 0) throw new Error(`turbo cannot list the packages:\n${text}`);
  const { tasks } = JSON.parse(text.slice(text.indexOf('{')));
  return tasks
    .filter(({ command }) => command !== '<NONEXISTENT>')
    .map((task) => ({ name: task.package, directory: task.directory }));
}

// A report of an earlier run must not pass for one of this run.
function removeReport(directory) {
  rmSync(join(root, directory, reportPath), { force: true });
}

function readReport(directory) {
  try {
    return JSON.parse(readFileSync(join(root, directory, reportPath), 'utf8'));
  } catch {
    return undefined;
  }
}

// turbo's own exit code says that a package failed, its summary says which.
function readExecutions() {
  try {
    const [file] = readdirSync(summaries);
    const { tasks } = JSON.parse(readFileSync(join(summaries, file), 'utf8'));
    return new Map(tasks.map((task) => [task.package, task.execution]));
  } catch {
    return new Map();
  }
}
