import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { EngineChoice } from '@sqlcrypter/core';
import type { LongestBlocks } from './event-loop-process.js';
import type { Figure } from './figure.js';

const LONGEST_BLOCK = 10;

const RUNS: readonly { readonly engine: EngineChoice; readonly flags: readonly string[] }[] = [
  { engine: 'auto', flags: [] },
  { engine: 'auto', flags: ['--max-semi-space-size=4'] },
  { engine: 'node', flags: [] },
];

/** The longest that the event loop is blocked by a batch of a million values, in a process of its own each time. */
export function measureEventLoop(): Figure[] {
  const program = fileURLToPath(new URL('./event-loop-process.js', import.meta.url));
  return RUNS.flatMap(({ engine, flags }) => {
    const text = execFileSync(process.execPath, [...flags, program, engine], { encoding: 'utf8' });
    const blocks = JSON.parse(text) as Readonly<Record<string, LongestBlocks>>;
    return Object.entries(blocks).flatMap(([what, { whole, own }]): Figure[] => {
      const name = [`a million values, ${what}, engine '${engine}'`, ...flags].join(', ');
      return [
        { name: `${name}: longest block`, value: whole, unit: 'ms', atMost: LONGEST_BLOCK },
        { name: `${name}: the same without garbage collection`, value: own, unit: 'ms', atMost: LONGEST_BLOCK },
      ];
    });
  });
}
