/** A Markdown table whose columns stand below each other: the first to the left, all others to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const texts = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(3, ...texts.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const pad = (text: string, column: number): string => {
    const width = widths[column] as number;
    return column === 0 ? text.padEnd(width) : text.padStart(width);
  };
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  const [first, ...others] = texts.map((row) => line(row.map(pad)));
  return [first, line(rule), ...others].join('\n');
}
