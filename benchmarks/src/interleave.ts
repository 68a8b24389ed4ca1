import { setTimeout as sleep } from 'node:timers/promises';
import { collectGarbage } from './collect-garbage.js';

/** One thing to measure: called many times in a row, with an ever growing number for cycling through inputs. */
export type Operation = (iteration: number) => unknown;

/** How an operation is called. An `async` one is awaited, each call before the next. */
export interface Measured {
  readonly sync?: Operation;
  readonly async?: (iteration: number) => Promise<unknown>;
}

/** Each round lasts about so long per operation. */
const BATCH_MILLISECONDS = 12;
const WARM_UP_ROUNDS = 3;
/** For so long, V8's other threads free what was collected; what Node frees itself needs a turn of the event loop. */
const SWEEPING_MILLISECONDS = 20;
/** The memory allocator sorts what was freed when it is next asked for much, though less than it asks the system for. */
const MUCH_MEMORY = 0x10000;

async function runBatch(measured: Measured, from: number, iterations: number): Promise<number> {
  const start = process.hrtime.bigint();
  if (measured.sync !== undefined) {
    for (let i = from; i < from + iterations; i++) measured.sync(i);
  } else if (measured.async !== undefined) {
    for (let i = from; i < from + iterations; i++) await measured.async(i);
  }
  return Number(process.hrtime.bigint() - start) / 1_000;
}

async function calibrate(measured: Measured): Promise<number> {
  let iterations = 8;
  for (;;) {
    let milliseconds = (await runBatch(measured, 0, iterations)) / 1_000;
    // Once more: what V8 had to compile, or another process, may have made it long.
    if (milliseconds >= BATCH_MILLISECONDS) milliseconds = (await runBatch(measured, 0, iterations)) / 1_000;
    if (milliseconds >= BATCH_MILLISECONDS) return iterations;
    const factor = milliseconds <= 0 ? 16 : Math.min(16, (1.2 * BATCH_MILLISECONDS) / milliseconds);
    iterations = Math.ceil(iterations * Math.max(1.5, factor));
  }
}

/** The middle of a list of numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/**
 * Measures operations in turns, so that what else the machine does falls on all alike: in each round every operation
 * runs one batch, and each round has an order of its own. Gives each operation's microseconds per call of every round.
 */
export async function interleave<Name extends string>(
  operations: Readonly<Record<Name, Measured>>,
  rounds: number,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(operations) as Name[];
  const iterations = new Map<Name, number>();
  const next = new Map<Name, number>();
  for (const name of names) {
    iterations.set(name, await calibrate(operations[name]));
    next.set(name, 0);
  }
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as unknown as Record<Name, number[]>;
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    // No two rounds are equally long: else one operation might always end just before the garbage collector comes.
    const length = 0.6 + 0.8 * Math.random();
    for (const name of shuffled(names)) {
      const count = Math.ceil((iterations.get(name) as number) * length);
      const from = next.get(name) as number;
      // What the one before left behind is not this one's to clear away, nor to wait for.
      collectGarbage({ type: 'minor' });
      await sleep(SWEEPING_MILLISECONDS);
      Buffer.allocUnsafeSlow(MUCH_MEMORY);
      const microseconds = await runBatch(operations[name], from, count);
      next.set(name, from + count);
      if (round >= 0) times[name].push(microseconds / count);
    }
  }
  return times;
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** The median over the rounds of one operation's time as a multiple of another's in the same round. */
export function ratio(times: readonly number[], base: readonly number[]): number {
  return median(times.map((time, round) => time / (base[round] as number)));
}
