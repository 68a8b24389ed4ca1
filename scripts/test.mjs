import './require-node.mjs';
import { step } from './step.mjs';
import { addUp, formatReport, summarizeRun } from './test-report.mjs';
import { runPackageTests, runScriptTests } from './test-run.mjs';
import { build, install, pnpm, turbo } from './workspace.mjs';

// `npm test -- --filter=@sqlcrypter/core` builds and tests what turbo's filter selects, and nothing else.
const filter = process.argv.slice(2);
const everything = filter.length === 0;
const skipsFail = !['', '0', 'false'].includes(process.env.CI ?? '');

const failedSteps = [];
const runs = [];

async function take(name, run) {
  const { passed } = await step(name, run);
  if (!passed) failedSteps.push(name);
  return passed;
}

if (await take('Installing (the first time takes a minute)', install)) {
  if (everything) {
    await take('Linting', () => pnpm(['exec', 'biome', 'check', '.']));
    await take('Looking for unused code', () => pnpm(['exec', 'knip']));
  }
  await take('Building', () => build(filter));
  await take('Checking types', () => turbo(['typecheck', '--output-logs=errors-only', '--continue=always', ...filter]));
  console.log('Testing\n');
  if (everything) runs.push(summarizeRun(await runScriptTests()));
  for (const run of await runPackageTests(filter)) runs.push(summarizeRun(run));
}

const { succeeded, lastLine } = addUp({ runs, failedSteps, skipsFail });
console.log(`\n${formatReport({ runs, failedSteps, skipsFail })}\n`);
console.log(lastLine);
process.exitCode = succeeded ? 0 : 1;
