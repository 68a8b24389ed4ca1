import { describe, expect, it } from 'vitest';
import { codeBlocks, inPlace } from './code-blocks.js';

const markdown = (...lines: string[]) => lines.join('\n');

describe('the blocks of code in a Markdown file', () => {
  it('are found with file, line and language', () => {
    const text = markdown(
      '# Title',
      '',
      '```ts',
      'const a = 1;',
      '',
      'const b = 2;',
      '```',
      '```sh',
      'npm test',
      '```',
    );
    expect(codeBlocks('README.md', text)).toEqual([
      { file: 'README.md', line: 4, language: 'ts', code: 'const a = 1;\n\nconst b = 2;' },
      { file: 'README.md', line: 9, language: 'sh', code: 'npm test' },
    ]);
  });

  it('are none where there is no fence', () => {
    expect(codeBlocks('README.md', 'Text with `code` and\n    indented ```ts\n')).toEqual([]);
  });

  it('have the name of a comment right before them', () => {
    const text = markdown('<!-- sample: one -->', '', '```ts', '1;', '```', 'Text', '```ts', '2;', '```');
    expect(codeBlocks('README.md', text).map(({ name }) => name)).toEqual(['one', undefined]);
  });

  it.each([
    ['before it', markdown('`try.mjs`:', '', '```ts', '1;', '```', '', 'Text')],
    ['after it', markdown('Text', '', '```ts', '1;', '```', '', 'Save it as `try.mjs` and run it.')],
  ])('are programs where a line %s names one', (_, text) => {
    expect(codeBlocks('README.md', text)).toMatchObject([{ program: 'try.mjs' }]);
  });

  it('may hold other fences in their text', () => {
    const text = markdown('```ts', 'const text = `', '```js', '`;', '```');
    expect(codeBlocks('README.md', text)).toMatchObject([{ code: 'const text = `\n```js\n`;' }]);
  });

  it('end, else the error names file and line', () => {
    expect(() => codeBlocks('docs/README.md', markdown('', '```ts', 'const a = 1;'))).toThrow(
      'docs/README.md:2: this block of code does not end',
    );
  });

  it('are put at their own line for the compiler', () => {
    const [block] = codeBlocks('README.md', markdown('# Title', '', '```ts', 'const a = 1;', '```'));
    expect(block && inPlace(block).split('\n')[3]).toBe('const a = 1;');
  });
});
