import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '@sqlcrypter/test-support';
import { describe, expect, it } from 'vitest';
import { codeBlocks } from './code-blocks.js';

const page = 'docs/runtimes.md';
const markdown = readFileSync(join(root, page), 'utf8');
const lines = markdown.split('\n');
const linkedFile = /^\[([\w./-]+)\]\(\.\.\/(testing\/runtimes\/projects\/[\w./-]+)\):$/;

/** The files of code, each with the link in the line before it. */
const files = codeBlocks(page, markdown)
  .filter(({ language }) => language !== 'sh')
  .map(({ line, code }) => {
    const before = lines.slice(0, line - 2).findLast((each) => each.trim() !== '') ?? '';
    const [, name = '', path = ''] = linkedFile.exec(before) ?? [];
    return { place: `${page}:${line}`, name, path, code };
  });

describe('docs/runtimes.md', () => {
  it.each(files)('shows $name at $place as testing/runtimes builds and runs it', ({ name, path, code }) => {
    expect(path, 'the line before the code links to its file in testing/runtimes/projects').not.toBe('');
    expect(path.endsWith(`/${name}`), `${path} ends with ${name}`).toBe(true);
    expect(`${code}\n`).toBe(readFileSync(join(root, path), 'utf8'));
  });

  it.each(['next', 'vite', 'webpack', 'esbuild'])('has a recipe for %s', (project) => {
    expect(files.some(({ path }) => path.startsWith(`testing/runtimes/projects/${project}/`))).toBe(true);
  });
});
