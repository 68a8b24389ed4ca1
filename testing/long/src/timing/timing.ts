import { randomBytes, randomInt } from 'node:crypto';
import { type AesCrypterer, createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { decryptMany, encryptMany } from '@sqlcrypter/core';
import { readEngineMeter } from '../engine-meter.js';
import type { Part, PartResult } from '../part.js';
import { table } from '../table.js';
import { welchT } from './welch.js';

/** What counts as seen, by the custom of such tests. */
const THRESHOLD = 4.5;
const REPETITIONS = 3;
const MEASUREMENTS = 20_000;
const WARM_UP = 2_000;

/** In batches of so many, both tables of the engine take part. */
const VALUES = 256;
const LENGTH = 64;
const TAG_LENGTH = 16;

/** Two classes of input that differ in what must not be told by time. */
interface Pair {
  readonly name: string;
  /** Must be seen: it shows that the method sees anything. */
  readonly isControl?: boolean;
  /** What is done before the clock runs. */
  readonly prepare?: (which: 0 | 1) => void;
  /** Does the work, and gives its nanoseconds. */
  readonly time: (which: 0 | 1) => Promise<number>;
}

/** Whether the batch engine's time depends on plaintexts, keys or on where a tag is wrong. */
export const timing: Part = {
  title: 'Timing of the batch engine',
  async run({ stop }): Promise<PartResult> {
    const seen = new Map<Pair['name'], { readonly isControl: boolean; readonly ts: number[] }>();
    for (let repetition = 1; repetition <= REPETITIONS && !stop.aborted; repetition++) {
      // Keys, values and where they lie in memory are new each time: only what is in the code stays.
      for (const pair of await makePairs()) {
        const t = welchT(...(await measure(pair, stop)));
        if (stop.aborted) break;
        console.log(`${repetition} of ${REPETITIONS}  ${pair.name}: t = ${t.toFixed(2)}`);
        const { name, isControl = false } = pair;
        seen.set(name, { isControl, ts: [...(seen.get(name)?.ts ?? []), t] });
      }
    }
    const rows = [...seen].map(([name, { isControl, ts }]) => {
      const isSeen = ts.every((t) => Math.abs(t) > THRESHOLD);
      const row = [name, ...ts.map((t) => t.toFixed(2)), isSeen ? 'seen' : 'not seen'];
      return { isGood: isSeen === isControl, row };
    });
    const repetitions = Array.from({ length: REPETITIONS }, (_, i) => `t, run ${i + 1}`);
    const measured = `${MEASUREMENTS.toLocaleString('en')} batches of ${VALUES} values of ${LENGTH} bytes for each class and run, every value of them by the engine, whose own calls were timed; the slowest tenth left out. Seen is what is over ${THRESHOLD}, in either direction, in every run.`;
    return {
      outcome: stop.aborted ? 'stopped' : rows.every(({ isGood }) => isGood) ? 'passed' : 'failed',
      summary: summaryOf([...seen.values()]),
      report: `${table(
        ['', ...repetitions, 'difference'],
        rows.map(({ row }) => row),
      )}\n\n${measured}`,
    };
  },
};

function summaryOf(pairs: readonly { readonly isControl: boolean; readonly ts: readonly number[] }[]): string {
  const largest = (isControl: boolean): string =>
    Math.max(...pairs.filter((pair) => pair.isControl === isControl).flatMap(({ ts }) => ts.map(Math.abs))).toFixed(1);
  return `largest \\|t\\| ${largest(false)}, control ${largest(true)}; seen is over ${THRESHOLD} in every run`;
}

async function measure({ prepare, time: timed }: Pair, stop: AbortSignal): Promise<[number[], number[]]> {
  const times: [number[], number[]] = [[], []];
  for (let i = -WARM_UP; (times[0].length < MEASUREMENTS || times[1].length < MEASUREMENTS) && !stop.aborted; i++) {
    const which = randomInt(2) as 0 | 1;
    prepare?.(which);
    const time = await timed(which);
    if (i >= 0 && times[which].length < MEASUREMENTS) times[which].push(time);
  }
  return times;
}

/**
 * The nanoseconds that the engine's own calls took, without what a batch does around them, such as making an error for
 * a value that was refused. All values must have gone through the engine, or the time would not be its own.
 */
async function engineTime(work: () => Promise<unknown>): Promise<number> {
  readEngineMeter();
  await work();
  const { sealed, opened, time } = readEngineMeter();
  if (sealed + opened !== VALUES) {
    throw new Error(`${sealed + opened} of ${VALUES} values went through the batch engine: it was not what was timed`);
  }
  return time;
}

async function makePairs(): Promise<Pair[]> {
  const [crypterer, other] = [createAesCrypterer({ key: generateKey() }), createAesCrypterer({ key: generateKey() })];
  const zeros = Array.from({ length: VALUES }, () => Buffer.alloc(LENGTH));
  const random = Array.from({ length: VALUES }, () => randomBytes(LENGTH));
  const encrypted = async (plaintexts: readonly Buffer[], by = crypterer): Promise<Buffer[]> =>
    encryptMany(
      plaintexts.map((plaintext) => ({ plaintext })),
      { crypterer: by },
    );
  const ofRandom = await encrypted(random);
  const byKeys = [ofRandom, await encrypted(random, other)] as const;
  const wrong = [-TAG_LENGTH, -1].map((at) => withWrongTag(ofRandom, at)) as [Buffer[], Buffer[]];
  const tags = [0, LENGTH - 1].map((at) =>
    random.map((bytes): [Buffer, Buffer] => [bytes, changedAt(Buffer.from(bytes), at)]),
  );
  return [
    {
      name: 'decrypting zeros, or random bytes',
      ...opening([crypterer, crypterer], [await encrypted(zeros), ofRandom]),
    },
    { name: 'encrypting zeros, or random bytes', ...sealing(crypterer, [zeros, random]) },
    { name: 'one tag of a batch wrong in its first byte, or in its last', ...opening([crypterer, crypterer], wrong) },
    { name: 'decrypting under one key, or another', ...opening([crypterer, other], byKeys) },
    {
      name: 'control: bytes compared until the first that differs',
      isControl: true,
      time: async (which) => {
        const start = process.hrtime.bigint();
        countEqual(tags[which] as [Buffer, Buffer][]);
        return Number(process.hrtime.bigint() - start);
      },
    },
  ];
}

type Classes = readonly [readonly Buffer[], readonly Buffer[]];

/** Both classes in the same memory, in turns: an address is no secret, and has a time of its own. */
function inSameMemory(classes: Classes): { readonly memory: Buffer[]; readonly prepare: (which: 0 | 1) => void } {
  const memory = classes[0].map((bytes) => Buffer.from(bytes));
  const prepare = (which: 0 | 1): void => {
    for (const [i, bytes] of classes[which].entries()) memory[i]?.set(bytes);
  };
  return { memory, prepare };
}

function opening(crypterers: readonly [AesCrypterer, AesCrypterer], classes: Classes): Pick<Pair, 'prepare' | 'time'> {
  const { memory, prepare } = inSameMemory(classes);
  const items = memory.map((ciphertext) => ({ ciphertext }));
  return {
    prepare,
    time: (which) => engineTime(() => decryptMany(items, { crypterer: crypterers[which], onError: 'collect' })),
  };
}

function sealing(crypterer: AesCrypterer, classes: Classes): Pick<Pair, 'prepare' | 'time'> {
  const { memory, prepare } = inSameMemory(classes);
  const items = memory.map((plaintext) => ({ plaintext }));
  return { prepare, time: () => engineTime(() => encryptMany(items, { crypterer })) };
}

/** The last value's tag, or whatever is so many bytes from its end. */
function withWrongTag(ciphertexts: readonly Buffer[], at: number): Buffer[] {
  return ciphertexts.map((bytes, i) =>
    i === VALUES - 1 ? changedAt(Buffer.from(bytes), bytes.length + at) : Buffer.from(bytes),
  );
}

function changedAt(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] as number) ^ 1;
  return bytes;
}

/** What a comparison must not be. */
function countEqual(pairs: readonly (readonly [Buffer, Buffer])[]): number {
  let equal = 0;
  for (const [a, b] of pairs) {
    let i = 0;
    while (i < LENGTH && a[i] === b[i]) i++;
    if (i === LENGTH) equal += 1;
  }
  return equal;
}
