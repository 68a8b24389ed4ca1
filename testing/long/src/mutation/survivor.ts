import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from '../workspace.js';
import type { Mutant } from './mutation-score.js';

const LONGEST = 60;

/** The changed file, from the root. */
export function fileOf({ fileName }: Mutant): string {
  return relative(root, fileName).replaceAll('\\', '/');
}

/** Where a mutant is, and what it changed: `` `a < b` became `a <= b` ``. */
export function describeMutant(mutant: Mutant): string {
  const { start, end } = mutant.location;
  const lines = readFileSync(join(root, fileOf(mutant)), 'utf8')
    .split('\n')
    .slice(start.line - 1, end.line);
  lines.push((lines.pop() ?? '').slice(0, end.column - 1));
  const original = lines.join('\n').slice(start.column - 1);
  const unreached = mutant.status === 'NoCoverage' ? ' (no test reaches it)' : '';
  return `${fileOf(mutant)}:${start.line}${unreached}: ${code(original)} became ${code(mutant.replacement)}`;
}

function code(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll('`', "'");
  return `\`${line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line}\``;
}
