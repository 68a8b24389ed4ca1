import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './workspace.js';

const PAGE = 'docs/test-long.md';
const REPORTS = 'testing/long/test-results';

/**
 * Puts a part's last result into its row of the table on the page, and the whole report beside the other artefacts of
 * the run. Everything else on the page is written by people and stays.
 */
export function recordResult(part: string, when: string, summary: string, report: string): void {
  mkdirSync(join(root, REPORTS), { recursive: true });
  writeFileSync(join(root, REPORTS, `${part}.md`), `${when}\n\n${report}\n`);
  const path = join(root, PAGE);
  const lines = readFileSync(path, 'utf8').split('\n');
  const first = lines.findIndex((line) => line.startsWith('| part '));
  const end = lines.findIndex((line, at) => at > first && !line.startsWith('|'));
  const rows = lines.slice(first, end).map(cellsOf);
  const row = rows.find(([name]) => name === `\`${part}\``);
  if (row === undefined) throw new Error(`The table of ${PAGE} has no row for ${part}.`);
  row.splice(1, 2, when, summary);
  lines.splice(first, end - first, ...padded(rows));
  writeFileSync(path, lines.join('\n'));
}

function cellsOf(line: string): string[] {
  const cells = line.split(/(?<!\\)\|/).slice(1, -1);
  return cells.map((cell) => cell.trim());
}

/** The rows as Biome formats them: the second is the rule between head and body. */
function padded([head, , ...body]: readonly (readonly string[])[]): string[] {
  const all = [head as readonly string[], ...body];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, i) => (cells[i] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head as readonly string[]), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)];
}
