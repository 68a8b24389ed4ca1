import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../../../', import.meta.url);
const FILES = ['frame-v1.json', 'wraps-v1.json', 'columns-v1.json'];

const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');

/** Every text within a value, however deep. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return value === null || typeof value !== 'object' ? [] : Object.values(value).flatMap(textsIn);
}

/** Every case of the vector files: its name, and the texts in it. */
const cases = FILES.flatMap((file) => {
  const groups = Object.values(JSON.parse(read(`testing/vectors/${file}`)))
    .filter(Array.isArray)
    .flat();
  return (groups as { name: string }[]).map((each) => ({ name: each.name, texts: textsIn(each) }));
});
const allTexts = FILES.flatMap((file) => textsIn(JSON.parse(read(`testing/vectors/${file}`))));

const knownAnswers = read('docs/format.md').split('\n## Known answers\n')[1] ?? '';
const quotedIn = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, quoted]) => quoted as string);

/** Rows of tables: the first cell, and what the others quote. */
const rows = knownAnswers
  .split('\n')
  .filter((line) => line.startsWith('| ') && quotedIn(line).length > 0)
  .map((line) => ({ name: line.split('|')[1]?.trim() as string, quoted: quotedIn(line.slice(line.indexOf('|', 1))) }));

describe('known answers in docs/format.md', () => {
  it('are many', () => {
    expect(rows.length).toBeGreaterThan(70);
  });

  it.each(rows)('are those of the vectors: $name', ({ name, quoted }) => {
    const named = cases.filter((each) => each.name === name);
    expect(named, 'cases of this name').not.toHaveLength(0);
    expect(named.some(({ texts }) => quoted.every((text) => texts.includes(text)))).toBe(true);
  });

  it('are those of the vectors outside of tables, too', () => {
    const prose = knownAnswers.split('\n').filter((line) => !line.startsWith('|'));
    const answers = quotedIn(prose.join('\n')).filter((text) => /^[0-9a-f]{40,}$/.test(text));
    expect(answers).toHaveLength(2);
    for (const answer of answers) expect(allTexts).toContain(answer);
  });
});
