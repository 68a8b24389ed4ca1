import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureBatches, measurePromisedBatches } from './batches.js';
import { measureColdReads } from './cold-reads.js';
import { measureEventLoop } from './event-loop.js';
import { type Figure, printFigures } from './figure.js';
import { measureFirstBatch } from './first-batch.js';
import { measureImports } from './import-time.js';
import { measureKeyStates } from './key-states.js';
import { measureKeyTable } from './key-table.js';
import { measureMemory } from './memory.js';
import { measureBatchBesideLibraries, measureOtherLibraries } from './other-libraries.js';
import { measureRowsOverPg } from './rows-over-pg.js';
import { measureOverhead, measureValues } from './values.js';

const LEAST_ROUNDS = 15;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '21' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const rounds = Number(values.rounds);

const SECTIONS: Record<string, { readonly title: string; readonly measure: () => Figure[] | Promise<Figure[]> }> = {
  imports: { title: 'Import, before the first KMS call', measure: () => measureImports(rounds) },
  stored: { title: 'Bytes stored per value', measure: () => measureOverhead() },
  states: { title: 'Reading one value of 100 bytes, by its data key', measure: () => measureKeyStates(rounds) },
  table: { title: 'Values of 100 bytes under a key table', measure: () => measureKeyTable(rounds) },
  memory: { title: 'Memory', measure: () => measureMemory() },
  cold: { title: 'Cold reads under a KMS', measure: () => measureColdReads(rounds) },
  others: {
    title: 'Values of 100 bytes, beside other libraries',
    measure: () => measureOtherLibraries(rounds),
  },
  loop: { title: 'A million values, and the event loop', measure: () => measureEventLoop(rounds) },
  batches: { title: 'Batches that a figure is promised for', measure: () => measurePromisedBatches(rounds) },
  first: { title: "A process's first batch", measure: () => measureFirstBatch(rounds) },
  rows: { title: 'Rows over pg, with and without the batch engine', measure: () => measureRowsOverPg(rounds) },
  beside: {
    title: 'Batches of values of 100 bytes, beside other libraries',
    measure: () => measureBatchBesideLibraries(rounds),
  },
  shapes: { title: 'Batches of every shape', measure: () => measureBatches(rounds) },
  values: { title: 'One value, as a multiple of bare node:crypto AES-256-GCM', measure: () => measureValues(rounds) },
};

if (values.help) {
  console.log(`npm run bench -- [--rounds N] [--only ${Object.keys(SECTIONS).join('|')}]`);
  process.exit(0);
}
if (!Number.isInteger(rounds) || rounds < LEAST_ROUNDS) {
  console.error(`--rounds is ${values.rounds}. Expected a whole number of at least ${LEAST_ROUNDS}.`);
  process.exit(2);
}
const chosen = values.only === undefined ? Object.keys(SECTIONS) : [values.only];
for (const name of chosen) {
  if (Object.hasOwn(SECTIONS, name)) continue;
  console.error(`--only is ${name}. Expected one of ${Object.keys(SECTIONS).join(', ')}.`);
  process.exit(2);
}

console.log(`Node ${process.version}, ${process.arch}, ${cpus()[0]?.model ?? 'unknown processor'}`);
console.log(`Medians of ${rounds} interleaved rounds.`);
const missed: Figure[] = [];
for (const name of chosen) {
  const { title, measure } = SECTIONS[name] as (typeof SECTIONS)[string];
  process.stderr.write(`measuring: ${title} …\n`);
  missed.push(...printFigures(title, await measure()));
}
console.log(missed.length === 0 ? '\nEvery limit is kept.' : `\n${missed.length} limits are missed.`);
