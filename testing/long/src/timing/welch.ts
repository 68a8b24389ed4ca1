/** The share of the slowest measurements that is left out: interruptions, which tell nothing of the code. */
const CROPPED = 0.1;

/**
 * Welch's t for the times of two classes of input: how many standard errors their means are apart. Under 4.5 it is what
 * chance gives, however many measurements there are; a difference grows with their number.
 */
export function welchT(one: readonly number[], other: readonly number[]): number {
  const bound = [...one, ...other].toSorted((a, b) => a - b)[
    Math.floor((one.length + other.length) * (1 - CROPPED)) - 1
  ];
  const [a, b] = [one, other].map((times) => momentsOf(times.filter((time) => time <= (bound as number))));
  if (a === undefined || b === undefined) return 0;
  return (a.mean - b.mean) / Math.sqrt(a.variance / a.count + b.variance / b.count);
}

function momentsOf(times: readonly number[]): {
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
} {
  const count = times.length;
  const mean = times.reduce((sum, time) => sum + time, 0) / count;
  const variance = times.reduce((sum, time) => sum + (time - mean) ** 2, 0) / (count - 1);
  return { count, mean, variance };
}
