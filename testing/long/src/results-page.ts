import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './workspace.js';

const PAGE = 'docs/test-long.md';

/**
 * Puts a part's last result on the page, between the marks that bear the part's name. Everything else on the page is
 * written by people and stays.
 */
export function recordResult(part: string, report: string): void {
  const path = join(root, PAGE);
  const page = readFileSync(path, 'utf8');
  const begin = `<!-- result: ${part} -->`;
  const end = `<!-- end: ${part} -->`;
  const from = page.indexOf(begin) + begin.length;
  const to = page.indexOf(end);
  if (from < begin.length || to < from) throw new Error(`${PAGE} lacks the marks ${begin} and ${end}.`);
  writeFileSync(path, `${page.slice(0, from)}\n\n${report}\n\n${page.slice(to)}`);
}
