/** One measured figure and, where the project promises one, its limit. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: 'x' | 'µs' | 'ms' | 'bytes' | 'MB' | 'calls';
  /** The figure is at most this, */
  readonly atMost?: number;
  /** or at least this. */
  readonly atLeast?: number;
}

/** Whether a figure keeps its limit. */
export function keepsLimit({ value, atMost = Infinity, atLeast = -Infinity }: Figure): boolean {
  return value <= atMost && value >= atLeast;
}

function number(value: number): string {
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(2);
}

/** Prints a section of figures and gives those that miss their limit. */
export function printFigures(title: string, figures: readonly Figure[]): Figure[] {
  console.log(`\n${title}`);
  const width = Math.max(...figures.map(({ name }) => name.length));
  for (const figure of figures) {
    const { name, value, unit, atMost, atLeast } = figure;
    const amount = unit === 'x' ? `${number(value)}x` : `${number(value)} ${unit}`;
    const sign = unit === 'x' ? 'x' : ` ${unit}`;
    const limit =
      atMost !== undefined
        ? `at most ${atMost}${sign}`
        : atLeast !== undefined
          ? `at least ${atLeast}${sign}`
          : undefined;
    const verdict = limit === undefined ? '' : `  ${limit}: ${keepsLimit(figure) ? 'kept' : 'MISSED'}`;
    console.log(`  ${name.padEnd(width)}  ${amount.padStart(12)}${verdict}`);
  }
  return figures.filter((figure) => !keepsLimit(figure));
}
