import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { EngineChoice } from '@sqlcrypter/core';
import { BUFFERS_ALONE } from './buffers-alone.js';
import type { LongestBlocks } from './event-loop-process.js';
import type { Figure } from './figure.js';
import { median } from './interleave.js';

const LONGEST_BLOCK = 10;

const RUNS: readonly { readonly engine: EngineChoice; readonly flags: readonly string[] }[] = [
  { engine: 'auto', flags: [] },
  { engine: 'auto', flags: ['--max-semi-space-size=4'] },
  { engine: 'node', flags: [] },
];

/** The longest that the event loop is blocked by a batch of a million values, in a process of its own each time. */
export function measureEventLoop(rounds: number): Figure[] {
  const program = fileURLToPath(new URL('./event-loop-process.js', import.meta.url));
  const samples = RUNS.map((): Readonly<Record<string, LongestBlocks>>[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { engine, flags }] of RUNS.entries()) {
      const text = execFileSync(process.execPath, [...flags, program, engine], { encoding: 'utf8' });
      samples[i]?.push(JSON.parse(text));
    }
  }
  return RUNS.flatMap(({ engine, flags }, i) => {
    const blocks = samples[i] ?? [];
    return Object.keys(blocks[0] ?? {}).flatMap((what): Figure[] => {
      const name = [`a million values, ${what}, engine '${engine}'`, ...flags].join(', ');
      const longest = (part: keyof LongestBlocks) => median(blocks.map((each) => each[what]?.[part] as number));
      // What is made without any encryption is there to compare with.
      const limit = what === BUFFERS_ALONE ? {} : { atMost: LONGEST_BLOCK };
      return [
        { name: `${name}: longest block`, value: longest('whole'), unit: 'ms', ...limit },
        { name: `${name}: the same without garbage collection`, value: longest('own'), unit: 'ms', ...limit },
      ];
    });
  });
}
