import { randomFillSync } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { GcmFunctions, GcmModule } from '../src/batch-engine/gcm-module.js';
import { FRAMES_CAPACITY, SQUARE_TABLE_LENGTH, TABLE_LENGTH } from '../src/batch-engine/memory-map.js';
import { openMany } from '../src/batch-engine/open-many.js';
import { sealMany } from '../src/batch-engine/seal-many.js';
import { openWithEngine, openWithNode, requireModule, Seeded, type TestKey, testKey } from './batch-engine-support.js';

const NOTHING = Buffer.alloc(0);
/** Of a frame besides its start and its text. */
const NONCE_AND_TAG = 28;

/** The module, and what is asked of it: the arguments of each call, by name. */
function watchedModule(): { module: GcmModule; calls: (name: keyof GcmFunctions) => number[][] } {
  const real = requireModule();
  const calls = new Map<string, number[][]>();
  const watch = <F extends (...args: number[]) => unknown>(name: string, work: F): F =>
    ((...args: number[]) => {
      calls.set(name, [...(calls.get(name) ?? []), args]);
      return work(...args);
    }) as F;
  const names = [
    'makeTable',
    'makeSquareTable',
    'hashShared',
    'writeCounters',
    'writeStarts',
    'open',
    'seal',
    'wipe',
  ] as const;
  const watched = Object.fromEntries(names.map((name) => [name, watch(name, real[name])]));
  return { module: { ...real, ...watched }, calls: (name) => calls.get(name) ?? [] };
}

/** Seals and opens with the engine, compares both with node:crypto, and gives the numbers of values of each pass. */
function passes(key: TestKey, texts: Buffer[], contexts: Buffer[]): number[] {
  const { module, calls } = watchedModule();
  const frames = sealMany(module, key.batchKey, texts, contexts, randomFillSync);
  expect(frames.map((frame, i) => openWithNode(key, frame, contexts[i] as Buffer))).toEqual(texts);
  const opened = new Array<Buffer>(texts.length);
  const refused = openMany(module, key.batchKey, frames, contexts, [...frames.keys()], (position, memory, from, to) => {
    opened[position] = Buffer.from(memory.subarray(from, to));
  });
  expect({ opened, refused }).toEqual({ opened: texts, refused: [] });
  const counts = (name: 'open' | 'seal') => calls(name).map(([, count]) => count as number);
  expect(counts('open')).toEqual(counts('seal'));
  return counts('seal');
}

const random = new Seeded(30);
const newKey = (startLength = 20, dataLength = 30) =>
  testKey(random.bytes(32), random.bytes(startLength), random.bytes(dataLength));
const equalTexts = (count: number, length: number) => Array.from({ length: count }, () => random.bytes(length));
const none = (texts: readonly Buffer[]) => texts.map(() => NOTHING);

afterEach(() => vi.restoreAllMocks());

describe('the passes through the memory', () => {
  it.each([
    { count: 512, expected: [512] },
    { count: 513, expected: [512, 1] },
    { count: 1_100, expected: [512, 512, 76] },
  ])('take 512 values at most: $count', ({ count, expected }) => {
    const texts = equalTexts(count, 3);
    expect(passes(newKey(), texts, none(texts))).toEqual(expected);
  });

  it('do not begin sixteen lanes for a few values while others wait', () => {
    // Key stream for 62 values of 500 bytes: those beyond 48 wait for the next pass, and at the end none waits.
    for (const [count, expected] of [
      [120, [48, 48, 24]],
      [68, [48, 20]],
      [63, [48, 15]],
      [62, [62]],
    ] as const) {
      const texts = equalTexts(count, 500);
      expect(passes(newKey(), texts, none(texts))).toEqual(expected);
    }
  });

  it('take what fits, where that is less than the lanes', () => {
    const texts = equalTexts(17, 4_096);
    expect(passes(newKey(), texts, none(texts))).toEqual([7, 7, 3]);
  });

  it('fill the memory of the key stream to its last block', () => {
    // 32 KiB less two blocks at the edges are 33 times 62 blocks: the first counter and 61 of text.
    const texts = equalTexts(33, 61 * 16);
    expect(passes(newKey(), texts, none(texts))).toEqual([33]);
    const more = equalTexts(34, 61 * 16);
    expect(passes(newKey(), more, none(more))).toEqual([32, 2]);
  });

  it('fill the memory of the frames to its last byte', () => {
    const frameLength = 380;
    expect(FRAMES_CAPACITY % frameLength).toBe(0);
    const most = FRAMES_CAPACITY / frameLength;
    const key = newKey(frameLength - NONCE_AND_TAG);
    const texts = equalTexts(most, 0);
    expect(passes(key, texts, none(texts))).toEqual([most]);
    const more = equalTexts(most + 12, 0);
    expect(passes(key, more, none(more))).toEqual([384, 16]);
  });

  it('fill the memory of own authenticated data to its last byte', () => {
    // Sixteen bytes are shared; 40,928 are left for 32 times 1,279.
    const key = newKey(20, 16);
    const contexts = (count: number) =>
      Array.from({ length: count }, (_, i) => Buffer.concat([Buffer.from([i]), random.bytes(1_278)]));
    expect(passes(key, equalTexts(32, 5), contexts(32))).toEqual([32]);
    expect(passes(key, equalTexts(64, 5), contexts(64))).toEqual([32, 32]);
  });

  it('refuse a value that fits nowhere, in words', () => {
    const seal = () => sealMany(requireModule(), newKey().batchKey, [Buffer.alloc(200_000)], [NOTHING], randomFillSync);
    expect(seal).toThrow(new RangeError('A value does not fit into the memory of the batch engine'));
  });

  it('work for values whose data differ from the first byte on, and begin before their contexts', () => {
    // The first is the longest, and so the last in the memory.
    const texts = Array.from({ length: 20 }, (_, i) => random.bytes(16 * (20 - i)));
    const contexts = texts.map((_, i) => Buffer.concat([Buffer.from([i]), random.bytes(40)]));
    expect(passes(newKey(20, 30), texts, contexts)).toEqual([20]);
  });
});

describe('the table of a key', () => {
  const texts = equalTexts(16, 20);

  /** How many tables were made for one batch. */
  function tablesMade(key: TestKey): number {
    const { module, calls } = watchedModule();
    const frames = sealMany(module, key.batchKey, texts, none(texts), randomFillSync);
    expect(frames.map((frame) => openWithNode(key, frame, NOTHING))).toEqual(texts);
    return calls('makeTable').length;
  }

  it('is kept from the second batch on', () => {
    const key = newKey();
    expect([1, 2, 3, 4].map(() => tablesMade(key))).toEqual([1, 1, 0, 0]);
  });

  it('is made once for all passes of a batch', () => {
    const { module, calls } = watchedModule();
    const many = equalTexts(1_200, 20);
    sealMany(module, newKey().batchKey, many, none(many), randomFillSync);
    expect(calls('seal').length).toBe(3);
    expect(calls('makeTable').length).toBe(1);
  });

  it('gives way to those of 64 later keys, is overwritten, and earns its place anew', () => {
    const allocate = vi.spyOn(Buffer, 'allocUnsafeSlow');
    const key = newKey();
    expect([1, 2, 3].map(() => tablesMade(key))).toEqual([1, 1, 0]);
    const tables = allocate.mock.results.flatMap(({ value }) =>
      value.length === TABLE_LENGTH ? [value as Buffer] : [],
    );
    const [table] = tables as [Buffer];
    expect(tables.length).toBe(1);
    expect(table.equals(Buffer.alloc(TABLE_LENGTH))).toBe(false);

    const others = Array.from({ length: 64 }, () => newKey());
    for (const other of others.slice(0, 63)) expect([tablesMade(other), tablesMade(other)]).toEqual([1, 1]);
    expect(tablesMade(key)).toBe(0);
    expect(table.equals(Buffer.alloc(TABLE_LENGTH))).toBe(false);

    // A key that was used once has no table to keep.
    const last = others[63] as TestKey;
    expect(tablesMade(last)).toBe(1);
    expect(tablesMade(key)).toBe(0);
    expect(tablesMade(last)).toBe(1);
    expect(table.equals(Buffer.alloc(TABLE_LENGTH))).toBe(true);
    expect([1, 2, 3].map(() => tablesMade(key))).toEqual([1, 1, 0]);
  });
});

describe('the table of the square', () => {
  /** How many tables of either kind were made for one batch of so many values. */
  function tablesMade(key: TestKey, count: number): number[] {
    const { module, calls } = watchedModule();
    const texts = equalTexts(count, 20);
    const frames = sealMany(module, key.batchKey, texts, none(texts), randomFillSync);
    expect(frames.map((frame) => openWithNode(key, frame, NOTHING))).toEqual(texts);
    return [calls('makeTable').length, calls('makeSquareTable').length];
  }

  it('is made for 256 values and more, once for all passes, and kept from the second batch on', () => {
    expect(tablesMade(newKey(), 255)).toEqual([1, 0]);
    const key = newKey();
    expect([256, 1_200, 256, 255, 600].map((count) => tablesMade(key, count))).toEqual([
      [1, 1],
      [1, 1],
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });

  it('is made when it is first needed, where the other is kept already', () => {
    const key = newKey();
    expect([20, 20, 20, 300, 300, 20].map((count) => tablesMade(key, count))).toEqual([
      [1, 0],
      [1, 0],
      [0, 0],
      [0, 1],
      [0, 0],
      [0, 0],
    ]);
  });

  it('is overwritten and made anew together with the other', () => {
    const allocate = vi.spyOn(Buffer, 'allocUnsafeSlow');
    const key = newKey();
    for (let batch = 0; batch < 2; batch++) tablesMade(key, 300);
    const kept = allocate.mock.results
      .map(({ value }) => value as Buffer)
      .filter(({ length }) => length === TABLE_LENGTH || length === SQUARE_TABLE_LENGTH);
    expect(kept.map((table) => table.equals(Buffer.alloc(table.length)))).toEqual([false, false]);
    for (let others = 0; others < 64; others++) {
      const other = newKey();
      for (let batch = 0; batch < 2; batch++) tablesMade(other, 5);
    }
    expect(kept.map((table) => table.equals(Buffer.alloc(table.length)))).toEqual([true, true]);
    expect(tablesMade(key, 300)).toEqual([1, 1]);
  });

  it('serves values of all lengths side by side, with and without data of their own', () => {
    const lengths = (i: number) => [0, 1, 15, 16, 17, 31, 32, 33, 100, 300][(i * 7) % 10] as number;
    const texts = Array.from({ length: 600 }, (_, i) => random.bytes(lengths(i)));
    for (const contexts of [none(texts), texts.map((_, i) => random.bytes(lengths(i * 3)))]) {
      for (const dataLength of [0, 15, 16, 30]) expect(passes(newKey(20, dataLength), texts, contexts)).toHaveLength(2);
    }
    // Sixteen values without a block of their own, next to such as have some.
    const few = Array.from({ length: 400 }, (_, i) => random.bytes(i < 24 ? 0 : 5));
    expect(passes(newKey(), few, none(few))).toEqual([400]);
  });

  it('serves data and texts together up to where their lengths need a third byte, and is left out above', () => {
    const texts = equalTexts(256, 20);
    for (const dataLength of [7_951, 7_968, 8_191, 8_192]) {
      expect(passes(newKey(20, dataLength), texts, none(texts))).toEqual([256]);
    }
    const own = (count: number, length: number) => Array.from({ length: count }, () => random.bytes(length));
    for (const length of [7_980, 8_300]) {
      const contexts = own(256, length);
      const opened = passes(newKey(20, 0), texts, contexts);
      expect(opened.reduce((sum, count) => sum + count, 0)).toBe(256);
    }
    const long = [...equalTexts(250, 3), ...equalTexts(6, 8_300)];
    expect(passes(newKey(), long, none(long)).reduce((sum, count) => sum + count, 0)).toBe(256);
  });
});

describe('the hash of what all values share', () => {
  const texts = equalTexts(16, 20);
  const context = random.bytes(50);
  const equal = texts.map(() => context);

  /** How many hashes of shared data were made, for a batch under each of these lists of contexts in turn. */
  function hashesMade(key: TestKey, lists: readonly Buffer[][]): number[] {
    return lists.map((contexts) => {
      const { module, calls } = watchedModule();
      const frames = sealMany(module, key.batchKey, texts, contexts, randomFillSync);
      expect(frames.map((frame, i) => openWithNode(key, frame, contexts[i] as Buffer))).toEqual(texts);
      return calls('hashShared').length;
    });
  }

  it('is kept for the next batch with equal data, and for none with other data', () => {
    const copies = texts.map(() => Buffer.from(context));
    const others = texts.map(() => NOTHING);
    expect(hashesMade(newKey(), [equal, equal, copies, others, others, equal])).toEqual([1, 0, 0, 1, 0, 1]);
  });

  it('is not kept where values have data of their own', () => {
    const own = texts.map((_, i) => Buffer.concat([context, Buffer.from([i])]));
    expect(hashesMade(newKey(), [own, own, equal, own, equal])).toEqual([1, 1, 1, 1, 0]);
  });

  it('covers every whole block of it, and the rest filled up with zeros', () => {
    for (const [dataLength, contextLength, blocks] of [
      [30, 0, 2],
      [32, 0, 2],
      [30, 3, 3],
      [16, 48, 4],
    ] as const) {
      const { module, calls } = watchedModule();
      const shared = random.bytes(contextLength);
      const key = newKey(20, dataLength);
      const frames = sealMany(
        module,
        key.batchKey,
        texts,
        texts.map(() => shared),
        randomFillSync,
      );
      expect(
        openWithEngine(
          key,
          frames,
          texts.map(() => shared),
        ),
      ).toEqual({ texts, refused: [] });
      expect(calls('hashShared').map(([, count]) => count)).toEqual([blocks]);
    }
  });
});
