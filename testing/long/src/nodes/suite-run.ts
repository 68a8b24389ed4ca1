import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../run.js';
import { type NodeRuntime, packageOf } from './node-runtime.js';
import { TESTED_PACKAGES } from './packed-project.js';

/** What the tests came to under one version of Node. */
export interface SuiteRun {
  readonly runtime: NodeRuntime;
  /** By the folder of the package. */
  readonly passed: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
  readonly skips: readonly string[];
  /** Why nothing ran. */
  readonly absent?: string;
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Runs the packed project's contract tests under one version of Node, which npm fetches where it is not there yet. */
export async function runSuite(project: string, runtime: NodeRuntime): Promise<SuiteRun> {
  const node = (args: readonly string[]): ReturnType<typeof run> =>
    run('npx', ['--yes', '--loglevel=error', '--package', packageOf(runtime), '--', 'node', ...args], project);
  const nothing = { runtime, passed: {}, failures: [], skips: [] };
  const version = await node(['--print', 'process.versions.node']);
  if (version.text.trim() !== runtime.version) return { ...nothing, absent: version.text.trim().slice(0, 300) };

  const file = `report-${runtime.version}.json`;
  // The machine may be busy: how long a test takes is not what is tested.
  const options = ['--testTimeout=120000', '--reporter=json', `--outputFile=${file}`];
  const { text } = await node(['node_modules/vitest/vitest.mjs', 'run', 'contract.test', ...options]);
  try {
    return { ...nothing, ...count(JSON.parse(readFileSync(join(project, file), 'utf8')) as Report) };
  } catch {
    return { ...nothing, failures: [`left no report:\n${text}`] };
  }
}

function count({ testResults }: Report): Pick<SuiteRun, 'passed' | 'failures' | 'skips'> {
  const passed: Record<string, number> = {};
  for (const { folder } of TESTED_PACKAGES) {
    const results = testResults.filter(({ name }) => name.replaceAll('\\', '/').includes(`/${folder}/`));
    passed[folder] = results
      .flatMap((file) => file.assertionResults)
      .filter(({ status }) => status === 'passed').length;
  }
  const tests = testResults.flatMap((file) => file.assertionResults);
  const named = (status: string): string[] =>
    tests
      .filter((test) => test.status === status)
      .map(({ fullName, failureMessages }) => [fullName, ...failureMessages].join(': '));
  const broken = testResults.filter((file) => file.status === 'failed' && file.message !== '');
  return {
    passed,
    failures: [...named('failed'), ...broken.map((file) => `${file.name}: ${file.message}`)],
    skips: named('skipped'),
  };
}
