import { expect, it } from 'vitest';
import {
  openWithEngine,
  openWithNode,
  Seeded,
  sealWithEngine,
  sealWithNode,
  type TestKey,
  testKey,
} from './batch-engine-support.js';

const VALUES = 1_000_000;
const LONGEST = 4096;
const LONGEST_DATA = 200;
const KEYS = 8;

let nextLength = 0;

/** Mostly as short as a column's values are, and every length up to the longest. */
function lengthOf(random: Seeded): number {
  const kind = random.below(100);
  if (kind === 0) return nextLength++ % (LONGEST + 1);
  return random.below(kind < 3 ? LONGEST + 1 : kind < 15 ? 300 : 49);
}

function newKey(random: Seeded): TestKey {
  return testKey(random.bytes(32), random.bytes(random.below(64)), random.bytes(random.below(64)));
}

/** Authenticated data of each value's own, of all alike, or alike for a while. */
function contextOf(random: Seeded, kind: number, shared: Buffer): Buffer {
  if (kind === 0) return shared;
  if (kind === 1) return Buffer.concat([shared.subarray(0, 100), random.bytes(random.below(LONGEST_DATA - 99))]);
  return random.bytes(random.below(LONGEST_DATA + 1));
}

it('the batch engine and node:crypto read what the other writes, over a million values of every length', () => {
  const random = new Seeded(42);
  const keys = Array.from({ length: KEYS }, () => newKey(random));
  const lengths = new Set<number>();
  let sealed = 0;
  let opened = 0;
  for (let round = 0; sealed + opened < VALUES; round++) {
    const key = keys[round % KEYS] as TestKey;
    if (round % 50 === 0) keys[random.below(KEYS)] = newKey(random);
    const count = 1 + random.below(round % 9 === 0 ? 1200 : 120);
    const shared = random.bytes(random.below(LONGEST_DATA + 1));
    const texts = Array.from({ length: count }, () => random.bytes(lengthOf(random)));
    const contexts = texts.map(() => contextOf(random, round % 3, shared));
    for (const { length } of texts) lengths.add(length);
    if (round % 2 === 0) {
      const frames = sealWithEngine(key, texts, contexts);
      for (const [i, frame] of frames.entries()) {
        const isRight = openWithNode(key, frame, contexts[i] as Buffer).equals(texts[i] as Buffer);
        if (!isRight || frame.compare(key.start, 0, key.start.length, 0, key.start.length) !== 0) {
          expect.fail(`sealing value ${i} of round ${round}`);
        }
      }
      sealed += count;
    } else {
      const frames = texts.map((text, i) => sealWithNode(key, random.bytes(12), text, contexts[i] as Buffer));
      const result = openWithEngine(key, frames, contexts);
      const isRight = result.texts.every((text, i) => text?.equals(texts[i] as Buffer));
      if (!isRight || result.refused.length > 0) expect.fail(`opening round ${round}`);
      opened += count;
    }
  }
  expect(sealed).toBeGreaterThan(VALUES / 3);
  expect(opened).toBeGreaterThan(VALUES / 3);
  expect(lengths.size).toBe(LONGEST + 1);
}, 300_000);
