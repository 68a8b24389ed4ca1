import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LongestBlocks, Workload } from './event-loop-process.js';
import type { Figure } from './figure.js';
import { median } from './interleave.js';

const LONGEST_BLOCK = 10;

const WORKLOADS: readonly Workload[] = ['Buffers', 'encryptMany auto', 'decryptMany auto', 'decryptRows auto'];
const ON_NODE: readonly Workload[] = ['encryptMany node', 'decryptMany node', 'decryptRows node'];

const RUNS: readonly { readonly workload: Workload; readonly flags: readonly string[] }[] = [
  ...WORKLOADS.map((workload) => ({ workload, flags: [] })),
  ...WORKLOADS.map((workload) => ({ workload, flags: ['--max-semi-space-size=4'] })),
  ...ON_NODE.map((workload) => ({ workload, flags: [] })),
];

const PAGE_LENGTH = 4096;
const PAGES = 16_384;

/** The longest that the event loop is blocked by a batch of a million values, in a process of its own each time. */
export function measureEventLoop(rounds: number): Figure[] {
  const program = fileURLToPath(new URL('./event-loop-process.js', import.meta.url));
  const samples = RUNS.map((): LongestBlocks[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { workload, flags }] of RUNS.entries()) {
      const text = execFileSync(process.execPath, [...flags, program, workload], { encoding: 'utf8' });
      samples[i]?.push(JSON.parse(text));
    }
  }
  const blocks = RUNS.flatMap(({ workload, flags }, i): Figure[] => {
    const name = [
      'a million values',
      workload === 'Buffers' ? 'Buffers made and nothing else' : workload,
      ...flags,
    ].join(', ');
    const longest = (part: keyof LongestBlocks) => median((samples[i] ?? []).map((each) => each[part]));
    const limit = workload === 'Buffers' ? {} : { atMost: LONGEST_BLOCK };
    return [
      { name: `${name}: longest block`, value: longest('whole'), unit: 'ms', ...limit },
      { name: `${name}: the same without garbage collection`, value: longest('own'), unit: 'ms', ...limit },
    ];
  });
  const pages = Array.from({ length: rounds }, freshPage);
  return [{ name: 'a page of fresh memory', value: median(pages), unit: 'µs' }, ...blocks];
}

/**
 * What the machine takes for a page of memory that the process has not touched before, in microseconds: a list of a
 * million values takes 2,048 of them.
 */
function freshPage(): number {
  const memory = Buffer.allocUnsafeSlow(PAGES * PAGE_LENGTH);
  const start = performance.now();
  for (let i = 0; i < memory.length; i += PAGE_LENGTH) memory[i] = 1;
  return (1_000 * (performance.now() - start)) / PAGES;
}
