import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LongestBlocks, Measured } from './event-loop-process.js';
import type { Figure } from './figure.js';
import { median } from './interleave.js';

const LONGEST_BLOCK = 10;

const RUNS: readonly { readonly measured: Measured; readonly flags: readonly string[] }[] = [
  { measured: 'Buffers', flags: [] },
  { measured: 'auto', flags: [] },
  { measured: 'Buffers', flags: ['--max-semi-space-size=4'] },
  { measured: 'auto', flags: ['--max-semi-space-size=4'] },
  { measured: 'node', flags: [] },
];

const PAGE_LENGTH = 4096;
const PAGES = 16_384;

/** The longest that the event loop is blocked by a batch of a million values, in a process of its own each time. */
export function measureEventLoop(rounds: number): Figure[] {
  const program = fileURLToPath(new URL('./event-loop-process.js', import.meta.url));
  const samples = RUNS.map((): Readonly<Record<string, LongestBlocks>>[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { measured, flags }] of RUNS.entries()) {
      const text = execFileSync(process.execPath, [...flags, program, measured], { encoding: 'utf8' });
      samples[i]?.push(JSON.parse(text));
    }
  }
  const blocks = RUNS.flatMap(({ measured, flags }, i) => {
    const runs = samples[i] ?? [];
    return Object.keys(runs[0] ?? {}).flatMap((what): Figure[] => {
      const isBatch = measured !== 'Buffers';
      const name = ['a million values', what, ...(isBatch ? [`engine '${measured}'`] : []), ...flags].join(', ');
      const longest = (part: keyof LongestBlocks) => median(runs.map((each) => each[what]?.[part] as number));
      const limit = isBatch ? { atMost: LONGEST_BLOCK } : {};
      return [
        { name: `${name}: longest block`, value: longest('whole'), unit: 'ms', ...limit },
        { name: `${name}: the same without garbage collection`, value: longest('own'), unit: 'ms', ...limit },
      ];
    });
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
