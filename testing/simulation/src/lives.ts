import type { AwsKmsCrypterer } from '@sqlcrypter/awskms';
import { decryptMany } from '@sqlcrypter/core';
import { seededRandom } from './seeded-random.js';
import { SimulatedClock } from './simulated-clock.js';

const DAY = 86_400_000;
const AT_ONCE = 8;

/** How large a fleet is, and what a process does in its life. */
export interface MonthOptions {
  readonly processes: number;
  readonly days: number;
  /** Values that each life writes. */
  readonly writes: number;
  /** Values that each life reads, drawn at random from all that were written until then. */
  readonly reads: number;
  /** For the fleets that it is compared with: one life in so many reads. */
  readonly sampleEvery: number;
}

/** One life of one process. */
export interface Life {
  readonly index: number;
  /** Values that may be read: those of the lives before. */
  readonly written: number;
  readonly random: () => number;
}

export const livesOf = ({ processes, days }: MonthOptions): number => processes * days;

/** Runs every life of the month, some at once, while the simulated days go by. */
export async function runLives(options: MonthOptions, live: (life: Life) => Promise<void>): Promise<void> {
  const lives = livesOf(options);
  const clock = new SimulatedClock();
  try {
    for (let start = 0; start < lives; start += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, lives - start) }, (_, index) => start + index);
      await Promise.all(
        some.map((index) => live({ index, written: start * options.writes, random: seededRandom(index) })),
      );
      clock.forward((DAY * some.length) / options.processes);
    }
  } finally {
    clock.restore();
  }
}

export function plaintextOf(index: number): Buffer {
  return Buffer.from(`value ${index}`);
}

/** Writes a life's values. Every life has its place among them. */
export function writeValues(crypterer: AwsKmsCrypterer, { index }: Life, writes: number, values: Buffer[]): void {
  for (let place = index * writes; place < (index + 1) * writes; place++) {
    values[place] = crypterer.encryptSync(plaintextOf(place));
  }
}

/** The values that a life reads. */
export function drawValues({ written, random }: Life, reads: number): number[] {
  return written === 0 ? [] : Array.from({ length: reads }, () => Math.floor(random() * written));
}

/** Reads values as an application reads a page of rows, and looks at what came out. */
export async function readValues(
  crypterer: AwsKmsCrypterer,
  drawn: readonly number[],
  values: Buffer[],
): Promise<void> {
  const items = drawn.map((index) => ({ ciphertext: values[index] as Buffer }));
  const plaintexts = await decryptMany(items, { crypterer });
  for (const [position, index] of drawn.entries()) {
    if (plaintexts[position]?.equals(plaintextOf(index)) !== true) throw new Error(`value ${index} was read wrongly`);
  }
}
