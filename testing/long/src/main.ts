import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { commit } from './commit.js';
import { mutationOf } from './mutation/mutation.js';
import { BATCH_TARGET, CORE_TARGET, ENVELOPE_TARGET } from './mutation/mutation-target.js';
import { nodeVersions } from './nodes/node-versions.js';
import type { Part, PartResult } from './part.js';
import { recordResult } from './results-page.js';
import { soak } from './soak/soak.js';
import { timing } from './timing/timing.js';
import { manyValues } from './values/values.js';

const PARTS: Readonly<Record<string, Part>> = {
  'mutation-core': mutationOf(CORE_TARGET),
  'mutation-batch': mutationOf(BATCH_TARGET),
  'mutation-envelope': mutationOf(ENVELOPE_TARGET),
  nodes: nodeVersions,
  soak,
  timing,
  values: manyValues,
};
const NAMES = Object.keys(PARTS);

const { values: given } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: NAMES },
    minutes: { type: 'string', default: '2' },
    concurrency: { type: 'string', default: '2' },
    values: { type: 'string', default: '100000000' },
    help: { type: 'boolean', default: false },
  },
});
if (given.help) {
  console.log(`npm run test:long [-- --only ${NAMES.join('|')}] [--minutes 2] [--concurrency 2] [--values 100000000]
--only mutation: all that begin so. --minutes: of the soak. --concurrency: test runners of the mutation tests. --values: to be decrypted by the part of that name.`);
  process.exit(0);
}
const isChosen = (name: string, only: string): boolean => name === only || name.startsWith(`${only}-`);
for (const only of given.only) {
  if (!NAMES.some((name) => isChosen(name, only))) refuse(`--only is ${only}. Expected ${NAMES.join('|')}.`);
}
const chosen = NAMES.filter((name) => given.only.some((only) => isChosen(name, only)));
const minutes = Number(given.minutes);
if (!(minutes > 0)) refuse(`--minutes is ${given.minutes}. Expected a number above 0.`);
const concurrency = Number(given.concurrency);
if (!(Number.isInteger(concurrency) && concurrency > 0)) {
  refuse(`--concurrency is ${given.concurrency}. Expected a whole number above 0.`);
}
const values = Number(given.values);
if (!(Number.isInteger(values) && values > 0)) {
  refuse(`--values is ${given.values}. Expected a whole number above 0.`);
}

const stop = new AbortController();
process.on('SIGINT', () => stop.abort());

const results = new Map<string, PartResult>();
// Stryker ends the process by itself when it is interrupted; what was found until then is told all the same.
process.on('exit', summarize);

for (const name of chosen) {
  if (stop.signal.aborted) break;
  const part = PARTS[name] as Part;
  console.log(`\n=== ${part.title}\n`);
  const result = await part.run({ minutes, concurrency, values, stop: stop.signal });
  results.set(name, result);
  if (result.outcome !== 'stopped') recordResult(name, circumstances(), result.summary, result.report);
}
if (stop.signal.aborted) process.exitCode = 130;
else if ([...results.values()].some(({ outcome }) => outcome === 'failed')) process.exitCode = 1;

function circumstances(): string {
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${commit()}, Node ${process.versions.node}, ${availableParallelism()} cores`;
}

function summarize(): void {
  for (const name of chosen) {
    const title = (PARTS[name] as Part).title;
    const result = results.get(name);
    console.log(
      `\n=== ${title}: ${result?.outcome ?? 'did not run to its end'}\n${result ? `\n${result.report}` : ''}`,
    );
  }
}

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}
