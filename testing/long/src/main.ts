import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { mutation } from './mutation/mutation.js';
import { nodeVersions } from './nodes/node-versions.js';
import type { Part, PartResult } from './part.js';
import { recordResult } from './results-page.js';
import { soak } from './soak/soak.js';

const PARTS: Readonly<Record<string, Part>> = { mutation, nodes: nodeVersions, soak };
const NAMES = Object.keys(PARTS).join('|');

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    minutes: { type: 'string', default: '2' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(`npm run test:long [-- --only ${NAMES}] [--minutes 2]   (minutes of the soak)`);
  process.exit(0);
}
const chosen = values.only ?? Object.keys(PARTS);
for (const name of chosen) if (!Object.hasOwn(PARTS, name)) refuse(`--only is ${name}. Expected ${NAMES}.`);
const minutes = Number(values.minutes);
if (!(minutes > 0)) refuse(`--minutes is ${values.minutes}. Expected a number above 0.`);

const stop = new AbortController();
process.on('SIGINT', () => stop.abort());

const results = new Map<string, PartResult>();
// Stryker ends the process by itself when it is interrupted; what was found until then is told all the same.
process.on('exit', summarize);

for (const name of chosen) {
  if (stop.signal.aborted) break;
  const part = PARTS[name] as Part;
  console.log(`\n=== ${part.title}\n`);
  const result = await part.run({ minutes, stop: stop.signal });
  results.set(name, result);
  if (result.outcome !== 'stopped') recordResult(name, `${circumstances()}\n\n${result.report}`);
}
if (stop.signal.aborted) process.exitCode = 130;
else if ([...results.values()].some(({ outcome }) => outcome === 'failed')) process.exitCode = 1;

function circumstances(): string {
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, Node ${process.versions.node}, ${availableParallelism()} cores.`;
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
