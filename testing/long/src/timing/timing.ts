import { randomBytes, randomInt } from 'node:crypto';
import { createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { type DecryptItem, decryptMany, encryptMany } from '@sqlcrypter/core';
import type { Part, PartResult } from '../part.js';
import { table } from '../table.js';
import { welchT } from './welch.js';

/** What counts as seen, by the custom of such tests. */
const THRESHOLD = 4.5;
const REPETITIONS = 3;
const MEASUREMENTS = 20_000;
const WARM_UP = 2_000;

const VALUES = 128;
const LENGTH = 64;
const TAG_LENGTH = 16;

/** Two classes of input that differ in what must not be told by time. */
interface Pair {
  readonly name: string;
  /** Must be seen: it shows that the method sees anything. */
  readonly isControl?: boolean;
  readonly classes: readonly [() => unknown, () => unknown];
}

/** Whether the batch engine's time depends on plaintexts, keys or on where a tag is wrong. */
export const timing: Part = {
  title: 'Timing of the batch engine',
  async run({ stop }): Promise<PartResult> {
    const pairs = await makePairs();
    const seen = new Map<string, number[]>(pairs.map(({ name }) => [name, []]));
    for (let repetition = 1; repetition <= REPETITIONS && !stop.aborted; repetition++) {
      for (const pair of pairs) {
        const t = welchT(...(await measure(pair, stop)));
        if (stop.aborted) break;
        console.log(`${repetition} of ${REPETITIONS}  ${pair.name}: t = ${t.toFixed(2)}`);
        seen.get(pair.name)?.push(t);
      }
    }
    const rows = pairs.map(({ name, isControl }) => {
      const values = seen.get(name) ?? [];
      const smallest = Math.min(...values.map(Math.abs));
      const isGood = isControl === true ? smallest > THRESHOLD : smallest < THRESHOLD;
      return { isGood, row: [name, ...values.map((t) => t.toFixed(2)), isControl === true ? 'over' : 'under'] };
    });
    const repetitions = Array.from({ length: REPETITIONS }, (_, i) => `t, run ${i + 1}`);
    const measured = `${MEASUREMENTS.toLocaleString('en')} batches of ${VALUES} values of ${LENGTH} bytes for each class and run; the slowest tenth left out. Seen is what is over ${THRESHOLD} in every run.`;
    return {
      outcome: stop.aborted ? 'stopped' : rows.every(({ isGood }) => isGood) ? 'passed' : 'failed',
      report: `${table(
        ['', ...repetitions, 'must be'],
        rows.map(({ row }) => row),
      )}\n\n${measured}`,
    };
  },
};

async function measure({ classes }: Pair, stop: AbortSignal): Promise<[number[], number[]]> {
  const times: [number[], number[]] = [[], []];
  for (let i = -WARM_UP; (times[0].length < MEASUREMENTS || times[1].length < MEASUREMENTS) && !stop.aborted; i++) {
    const which = randomInt(2) as 0 | 1;
    const start = process.hrtime.bigint();
    await classes[which]();
    const time = Number(process.hrtime.bigint() - start);
    if (i >= 0 && times[which].length < MEASUREMENTS) times[which].push(time);
  }
  return times;
}

async function makePairs(): Promise<Pair[]> {
  const crypterer = createAesCrypterer({ key: generateKey() });
  const other = createAesCrypterer({ key: generateKey() });
  const zeros = Array.from({ length: VALUES }, () => Buffer.alloc(LENGTH));
  const random = Array.from({ length: VALUES }, () => randomBytes(LENGTH));
  const opening = (items: readonly DecryptItem[], by: typeof crypterer) => () =>
    decryptMany(items, { crypterer: by, onError: 'collect' });
  const encrypted = async (plaintexts: readonly Buffer[], by: typeof crypterer): Promise<DecryptItem[]> => {
    const items = plaintexts.map((plaintext) => ({ plaintext }));
    return (await encryptMany(items, { crypterer: by })).map((ciphertext) => ({ ciphertext: Buffer.from(ciphertext) }));
  };
  const [ofZeros, ofRandom, ofOther] = [
    await encrypted(zeros, crypterer),
    await encrypted(random, crypterer),
    await encrypted(random, other),
  ];
  const encrypting = (plaintexts: readonly Buffer[]) => {
    const items = plaintexts.map((plaintext) => ({ plaintext }));
    return () => encryptMany(items, { crypterer });
  };
  const tags = (wrongAt: number): Buffer[][] =>
    random.map((bytes) => [Buffer.from(bytes), changedAt(Buffer.from(bytes), wrongAt)]);
  return [
    { name: 'decrypting zeros, or random bytes', classes: [opening(ofZeros, crypterer), opening(ofRandom, crypterer)] },
    { name: 'decrypting under one key, or another', classes: [opening(ofRandom, crypterer), opening(ofOther, other)] },
    { name: 'encrypting zeros, or random bytes', classes: [encrypting(zeros), encrypting(random)] },
    {
      name: 'one tag of a batch wrong in its first byte, or in its last',
      classes: [
        opening(withWrongTag(ofRandom, -TAG_LENGTH), crypterer),
        opening(withWrongTag(ofRandom, -1), crypterer),
      ],
    },
    {
      name: 'control: bytes compared until the first that differs',
      isControl: true,
      classes: [comparing(tags(0)), comparing(tags(LENGTH - 1))],
    },
  ];
}

function withWrongTag(items: readonly DecryptItem[], at: number): DecryptItem[] {
  return items.map(({ ciphertext }, i) => ({
    ciphertext: i === VALUES - 1 ? changedAt(Buffer.from(ciphertext), ciphertext.length + at) : ciphertext,
  }));
}

function changedAt(bytes: Buffer, at: number): Buffer {
  if (at < 0) return changedAt(bytes, bytes.length + at);
  bytes[at] = (bytes[at] as number) ^ 1;
  return bytes;
}

/** What a comparison must not be. */
function comparing(pairs: readonly (readonly Buffer[])[]): () => number {
  return () => {
    let equal = 0;
    for (const [a, b] of pairs as [Buffer, Buffer][]) {
      let i = 0;
      while (i < LENGTH && a[i] === b[i]) i++;
      if (i === LENGTH) equal += 1;
    }
    return equal;
  };
}
