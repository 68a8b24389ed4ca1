/** Every line of the tour is shorter than this, so that it fits a terminal and a mail. */
const LINE_LENGTH = 100;

/** Breaks text between words. The first line begins with `first`, every other one with `next`. */
export function wrap(text: string, first: string, next: string = ' '.repeat(first.length)): string[] {
  const lines: string[] = [];
  let line = first;
  for (const [index, word] of text.split(' ').entries()) {
    const longer = index === 0 ? line + word : `${line} ${word}`;
    if (index === 0 || longer.length < LINE_LENGTH) {
      line = longer;
      continue;
    }
    lines.push(line);
    line = next + word;
  }
  return [...lines, line];
}

/** Indents code or output. Lines that are too long are continued on the next one. */
export function indentLines(text: string, indent: string): string[] {
  return text.split('\n').flatMap((line) => {
    const code = line.trimStart();
    const first = indent + line.slice(0, line.length - code.length);
    return wrap(code, first, `${first}    `);
  });
}

const CELL_LENGTH = 80;
const CELL_LINES = 2;

/** A row as psql shows it with `\x`: a line for each column. Of long values the beginning is shown, and their length. */
export function recordLines(row: Readonly<Record<string, string | null>>): string[] {
  const width = Math.max(...Object.keys(row).map((name) => name.length));
  return Object.entries(row).flatMap(([name, value]) =>
    cellLines(value).map((line, index) => `${(index === 0 ? name : '').padEnd(width)} | ${line}`),
  );
}

function cellLines(value: string | null): string[] {
  if (value === null) return ['(NULL)'];
  const lines = value.match(new RegExp(`.{1,${CELL_LENGTH}}`, 'gs')) ?? [''];
  if (lines.length <= CELL_LINES) return lines;
  return [...lines.slice(0, CELL_LINES), `… (${value.length} characters in all)`];
}
