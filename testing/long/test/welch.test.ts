import { describe, expect, it } from 'vitest';
import { welchT } from '../src/timing/welch.js';

/** Whole numbers from one to another. */
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** The same numbers in every run, spread evenly over 0 to 999. */
function spread(count: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * 1_000);
  });
}

describe("Welch's t of two classes of times", () => {
  it('is the difference of the means in standard errors, without the slowest tenth of both together', () => {
    // 1 to 10: mean 5.5, variance 55/6. 11 to 18, because 19 and 20 are left out: mean 14.5, variance 6.
    expect(welchT(range(1, 10), range(11, 20))).toBeCloseTo(-9 / Math.sqrt(55 / 60 + 6 / 8), 12);
  });

  it('changes its sign with the classes', () => {
    expect(welchT(range(11, 20), range(1, 10))).toBeCloseTo(9 / Math.sqrt(55 / 60 + 6 / 8), 12);
  });

  it('stays under the threshold where the classes do not differ', () => {
    expect(Math.abs(welchT(spread(20_000, 1), spread(20_000, 2)))).toBeLessThan(4.5);
  });

  it('sees a difference of a twenty-fifth among 20,000 times each', () => {
    const slower = spread(20_000, 2).map((time) => time + 40);
    expect(welchT(spread(20_000, 1), slower)).toBeLessThan(-4.5);
  });

  it('sees it also where some measurements were interrupted', () => {
    const interrupted = spread(20_000, 1).map((time, i) => (i % 50 === 0 ? 1_000_000 : time));
    const slower = spread(20_000, 2).map((time) => time + 40);
    expect(welchT(interrupted, slower)).toBeLessThan(-4.5);
  });
});
