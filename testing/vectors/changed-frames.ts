import { SeededRandom } from './seeded-random.js';

type Change = (frame: Buffer, genuine: readonly Buffer[], random: SeededRandom) => Buffer;

const flipped: Change = (frame, _genuine, random) => {
  const changed = Buffer.from(frame);
  for (let n = random.below(4); n >= 0; n--) {
    const at = random.below(changed.length);
    changed[at] = (changed[at] as number) ^ (1 << random.below(8));
  }
  return changed;
};

const cut: Change = (frame, _genuine, random) => {
  const start = random.below(4) === 0 ? random.below(8) : 0;
  return frame.subarray(start, random.below(frame.length + 1));
};

const spliced: Change = (frame, genuine, random) => {
  const other = random.pick(genuine);
  return Buffer.concat([frame.subarray(0, random.below(frame.length)), other.subarray(random.below(other.length))]);
};

const withFalseLength: Change = (frame, _genuine, random) => {
  const changed = Buffer.from(frame);
  changed[3] = 3;
  if (changed.length >= 23) changed.writeUInt16BE(random.pick([0, 1, 15, 16, 17, 255, 256, 0x7fff, 0xffff]), 21);
  return changed;
};

const withRandomBody: Change = (frame, _genuine, random) =>
  Buffer.concat([frame.subarray(0, 4 + random.below(20)), random.bytes(random.below(120))]);

const randomBytes: Change = (_frame, _genuine, random) => random.bytes(random.below(200));

const CHANGES: readonly Change[] = [flipped, cut, spliced, withFalseLength, withRandomBody, randomBytes];

/**
 * For fuzzing: genuine frames with bits flipped, cut, joined with others, with false lengths, with random bytes behind
 * a genuine header, and random bytes. The same for the same seed. By chance one may be genuine.
 */
export function* changedFrames(genuine: readonly Buffer[], seed: string, count: number): Generator<Buffer> {
  const random = new SeededRandom(seed);
  for (let i = 0; i < count; i++) yield random.pick(CHANGES)(random.pick(genuine), genuine, random);
}

/**
 * What becomes of many inputs: how often each outcome was met, by its code or as `opened`. Throws where an error has no
 * code, or where something was opened that is not genuine.
 */
export function countOutcomes(
  inputs: Iterable<Buffer>,
  genuine: readonly Buffer[],
  open: (input: Buffer) => unknown,
  codeOf: (error: unknown) => string | undefined,
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const input of inputs) {
    let outcome = 'opened';
    try {
      open(input);
      if (!genuine.some((known) => known.equals(input))) throw new Error(`opened ${input.toString('hex')}`);
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined) throw new Error(`no code for ${input.toString('hex')}`, { cause: error });
      outcome = code;
    }
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return counts;
}
