/** A block of code in a Markdown file. */
export interface CodeBlock {
  /** The Markdown file, as it was named to {@link codeBlocks}. */
  file: string;
  /** Line of the first line of code, from 1. */
  line: number;
  /** What stands behind the opening fence: `ts`, `sh`, … */
  language: string;
  code: string;
  /** Of the comment `<!-- sample: name -->` before the block. */
  name?: string;
  /** Of a file in backticks in the line before or after the block, if it is a module to be run: `try.mjs`. */
  program?: string;
}

const fence = /^```(\w*)\s*$/;
const mark = /^<!-- sample: ([\w-]+) -->$/;
const mentionedProgram = /`([\w-]+\.mjs)`/;

/** Finds the fenced blocks of code. A block that does not end is an error that names its place. */
export function codeBlocks(file: string, markdown: string): CodeBlock[] {
  const lines = markdown.split(/\r?\n/);
  const isFilled = (line: string) => line.trim() !== '';
  const blocks: CodeBlock[] = [];
  for (let start = 0; start < lines.length; start++) {
    const language = fence.exec(lines[start] ?? '')?.[1];
    if (language === undefined) continue;
    const end = lines.findIndex((line, index) => index > start && fence.exec(line)?.[1] === '');
    if (end < 0) throw new Error(`${file}:${start + 1}: this block of code does not end`);

    const before = lines.slice(0, start).findLast(isFilled) ?? '';
    const after = lines.slice(end + 1).find(isFilled) ?? '';
    const name = mark.exec(before)?.[1];
    const program = mentionedProgram.exec(`${before}\n${after}`)?.[1];
    blocks.push({
      file,
      line: start + 2,
      language,
      code: lines.slice(start + 1, end).join('\n'),
      ...(name !== undefined && { name }),
      ...(program !== undefined && { program }),
    });
    start = end;
  }
  return blocks;
}

/** The code at the line that it has in its Markdown file, so that errors name that. */
export function inPlace({ line, code }: CodeBlock): string {
  return '\n'.repeat(line - 1) + code;
}
