import { describe, expect, it } from 'vitest';
import { positionsByLength } from '../src/batch-engine/by-length.js';
import { checkEngineChoice } from '../src/batch-engine/choose-engine.js';
import { frameStartLength } from '../src/batch-engine/frame-start.js';
import { DATA_CAPACITY, MAX_CONTEXT_LENGTH } from '../src/batch-engine/memory-map.js';
import { ownBytes } from '../src/batch-engine/read-plaintext.js';
import { compareContexts } from '../src/batch-engine/shared-data.js';
import { ValueGroup, ValueGroups } from '../src/batch-engine/value-groups.js';
import { encodeFrameHeader } from '../src/frame.js';
import { openWithEngine, openWithNode, Seeded, sealWithEngine, testKey } from './batch-engine-support.js';
import { errorOf } from './code-of.js';

const NOTHING = Buffer.alloc(0);

describe('the start of a frame', () => {
  const REFERENCES = [
    { kind: 1, id: 7 },
    { kind: 2, fingerprint: Buffer.alloc(16, 3) },
    { kind: 3, fingerprint: Buffer.alloc(16, 4), provider: 1, wrapped: Buffer.alloc(300, 5) },
  ] as const;

  it.each(REFERENCES)('of kind $kind is its header, and the nonce prefix with suite X', (key) => {
    const frame = (header: Buffer) => Buffer.concat([header, Buffer.alloc(60)]);
    const [plain, extended] = [encodeFrameHeader('aes-256-gcm', key), encodeFrameHeader('xaes-256-gcm', key)];
    expect(frameStartLength(frame(plain))).toBe(plain.length);
    expect(frameStartLength(frame(extended))).toBe(extended.length + 12);
  });

  it('is nothing where bytes are too short, of another kind, or no frame', () => {
    const frame = Buffer.concat([encodeFrameHeader('aes-256-gcm', { kind: 1, id: 7 }), Buffer.alloc(16)]);
    expect(frame.length).toBe(24);
    expect(frameStartLength(frame)).toBe(8);
    expect(frameStartLength(frame.subarray(0, 23))).toBe(0);
    expect(frameStartLength(Buffer.from(frame).fill(4, 3, 4))).toBe(0);
    expect(frameStartLength(Buffer.from(frame).fill(1, 0, 1))).toBe(0);
  });
});

describe('groups of values', () => {
  const frame = (id: number, suite: 'aes-256-gcm' | 'xaes-256-gcm' = 'aes-256-gcm') =>
    Buffer.concat([encodeFrameHeader(suite, { kind: 1, id }), Buffer.alloc(40)]);

  /** Groups of all frames, the first at position `from`. */
  function sort(frames: readonly Uint8Array[], from = 0): ValueGroups {
    const items: Uint8Array[] = [...new Array(from).fill(NOTHING), ...frames];
    const groups = new ValueGroups(items, from, items.length);
    expect(groups.add(from, items.length, Infinity)).toBe(items.length);
    return groups;
  }

  /** The positions in each group, each as a list of its own. */
  const taken = (groups: ValueGroups): number[][] => groups.all.map((group) => [...group.take()]);

  it.each([0, 5])('hold the positions of frames that begin alike, in whatever order they come, from %d on', (from) => {
    const groups = sort(
      [1, 1, 2, 3, 1, 2, 3, 3].map((id) => frame(id)),
      from,
    );
    expect(groups.all.map(({ startLength }) => startLength)).toEqual([8, 8, 8]);
    expect(groups.all.map(({ count }) => count)).toEqual([3, 2, 3]);
    const expected = [
      [0, 1, 4],
      [2, 5],
      [3, 6, 7],
    ];
    expect(taken(groups)).toEqual(expected.map((positions) => positions.map((position) => from + position)));
    expect(groups.all.map(({ count }) => count)).toEqual([0, 0, 0]);
  });

  it.each([0, 5])('are none for values that are alone, but for the first, from %d on', (from) => {
    const groups = sort(
      [1, 2, 3, 2, 4].map((id) => frame(id)),
      from,
    );
    expect(taken(groups)).toEqual([[from], [from + 1, from + 3]]);
  });

  it('hand out each value once, in a list for those that come later', () => {
    const items = [1, 1, 2, 1, 2, 2].map((id) => frame(id));
    const groups = new ValueGroups(items, 0, 6);
    groups.add(0, 3, 9);
    const [pair] = groups.all as [ValueGroup];
    const list = pair.take();
    expect(list).toEqual([0, 1]);
    expect(pair.take()).toEqual([]);
    groups.add(3, 6, 9);
    expect(taken(groups)).toEqual([[3], [2, 4, 5]]);
    expect(list).toEqual([3]);
  });

  it('tell as soon as one of them is full', () => {
    const items = [1, 1, 1, 2, 1, 2, 2, 1].map((id) => frame(id));
    const groups = new ValueGroups(items, 0, 8);
    const stops: unknown[] = [];
    for (let position = 0; position < 8; ) {
      position = groups.add(position, 8, 2);
      stops.push([position, groups.latest?.count === 2 ? [...groups.latest.take()] : undefined]);
    }
    expect(stops).toEqual([
      [2, [0, 1]],
      [5, [2, 4]],
      [6, [3, 5]],
      [8, undefined],
    ]);
    expect(taken(groups)).toEqual([[7], [6]]);
  });

  /** Ids, the last four bytes of a start, whose place among 128 is `place`, and so half of it among 64. */
  const idsAt = (place: number, count: number): number[] => {
    const ids: number[] = [];
    for (let id = 1; ids.length < count; id++) if (Math.imul(id, 0x9e37_79b1) >>> 25 === place) ids.push(id);
    return ids;
  };

  it.each([40, 126])('are told apart where an attacker put sixteen of them at place %d', (place) => {
    const ids = idsAt(place, 17);
    const sixteen = ids.slice(0, 16);
    const pairs = Array.from({ length: 16 }, (_, n) => [n, n + 16]);
    const groups = sort([...sixteen, ...sixteen].map((id) => frame(id)));
    expect(taken(groups)).toEqual(pairs);
    groups.end();
    const crowd = sort([...[...ids, ...ids].map((id) => frame(id)), frame(0), frame(0), frame(0, 'xaes-256-gcm')]);
    expect(taken(crowd)).toEqual([...pairs.map(([n, m]) => [n, (m as number) + 1]), [34, 35]]);
    crowd.end();
  });

  it('are let go at the end, and their places serve the next batch, emptied', () => {
    const ids = Array.from({ length: 1_000 }, (_, i) => 7 * (i >> 1));
    // Two batches at a time never share places.
    const [one, other] = [sort(ids.map((id) => frame(id))), sort(ids.map((id) => frame(id + 1)))];
    expect([one.all.length, other.all.length]).toEqual([500, 500]);
    one.end();
    other.end();
    expect([one.all, one.latest, other.all]).toEqual([[], undefined, []]);
    for (let round = 0; round < 2; round++) {
      const next = sort([7, 14, 21, 14, 7].map((id) => frame(id)));
      expect(taken(next)).toEqual([
        [0, 4],
        [1, 3],
      ]);
      next.end();
    }
  });

  it('take what has the length of a start, its suite and kind, and its last four bytes', () => {
    const group = new ValueGroup(frame(5), 8, [0]);
    const changed = (at: number) => {
      const other = frame(5);
      other[at] = (other[at] as number) ^ 1;
      return other;
    };
    for (const at of [2, 3, 4, 5, 6, 7]) expect(group.seemsAlike(changed(at))).toBe(false);
    for (const at of [1, 8]) expect(group.seemsAlike(changed(at))).toBe(true);
    expect(group.seemsAlike(frame(5).subarray(0, 8))).toBe(true);
    expect(group.seemsAlike(frame(5).subarray(0, 7))).toBe(false);
  });

  it('are those of one suite, one kind and one length of start, though all else is equal', () => {
    const fingerprint = Buffer.alloc(16, 7);
    // The fourth and the fifth end, where their starts do, as the first and the third.
    const wrapped = (length: number) =>
      encodeFrameHeader('aes-256-gcm', { kind: 3, fingerprint, provider: 1, wrapped: Buffer.alloc(length, 7) });
    const starts = [
      encodeFrameHeader('aes-256-gcm', { kind: 1, id: 1 }),
      encodeFrameHeader('aes-256-gcm', { kind: 1, id: 0x0707_0707 }),
      encodeFrameHeader('aes-256-gcm', { kind: 2, fingerprint }),
      wrapped(40),
      wrapped(50),
    ].map((header) => Buffer.concat([header, Buffer.alloc(40)]));
    expect(taken(sort([...starts, ...starts.toReversed()]))).toEqual([
      [0, 9],
      [4, 5],
      [3, 6],
      [2, 7],
      [1, 8],
    ]);
    const [other, , , short, long] = starts as [Buffer, Buffer, Buffer, Buffer, Buffer];
    expect(taken(sort([other, long, short, short, other, long]))).toEqual([
      [0, 4],
      [2, 3],
      [1, 5],
    ]);
  });

  it('take no value whose frame has become something else since', () => {
    for (const other of [frame(2).subarray(0, 7), frame(3)]) {
      const items = [1, 2, 2, 2].map((id) => frame(id));
      const groups = new ValueGroups(items, 0, 4);
      groups.add(0, 2, 9);
      items[1] = other;
      groups.add(2, 4, 9);
      expect(taken(groups)).toEqual([[0], [2, 3]]);
    }
  });

  it.each([2, 3, 4, 31, 32, 33, 1_000, 16_384])('may be half as many as there are values: %d', (count) => {
    const random = new Seeded(27);
    const half = Array.from({ length: count >> 1 }, () => frame(random.below(2 ** 32)));
    const groups = sort([...half, ...half]);
    expect(taken(groups)).toEqual(half.map((_, position) => [position, half.length + position]));
    groups.end();
  });

  it('are of no more values than their numbers tell apart', () => {
    expect(() => new ValueGroups([], 5, 16_389)).not.toThrow();
    expect(() => new ValueGroups([], 5, 16_390)).toThrow('Too many values to sort together');
  });

  it('take nothing that cannot be a frame, or ends before its start does', () => {
    const fingerprint = Buffer.alloc(16, 4);
    const cut = encodeFrameHeader('aes-256-gcm', { kind: 3, fingerprint, provider: 1, wrapped: Buffer.alloc(90) });
    const nothing = [Buffer.alloc(10), cut.subarray(0, 60), NOTHING];
    expect(taken(sort([...nothing, ...nothing, cut]))).toEqual([[6]]);
  });
});

describe('what contexts share', () => {
  const contexts = (...texts: string[]) => texts.map((text) => Buffer.from(text));
  const long = 'x'.repeat(40);

  it('is everything where they are equal', () => {
    expect(compareContexts(30, contexts('same', 'same'))).toEqual({ length: 34, ownFrom: undefined });
    expect(compareContexts(30, contexts('', ''))).toEqual({ length: 30, ownFrom: undefined });
  });

  it('is whole blocks up to the first difference', () => {
    expect(compareContexts(10, contexts(`${long}a`, `${long}b`))).toEqual({ length: 48, ownFrom: 38 });
    expect(compareContexts(8, contexts(`${long}a`, `${long}b`))).toEqual({ length: 48, ownFrom: 40 });
    expect(compareContexts(7, contexts(`${long}a`, `${long}b`))).toEqual({ length: 32, ownFrom: 25 });
  });

  it('ends where one of them does, and before the context where nothing in it is the same', () => {
    expect(compareContexts(16, contexts(long, long.slice(0, 32)))).toEqual({ length: 48, ownFrom: 32 });
    expect(compareContexts(16, contexts(long.slice(0, 32), long))).toEqual({ length: 48, ownFrom: 32 });
    expect(compareContexts(30, contexts('a', 'b'))).toEqual({ length: 16, ownFrom: -14 });
  });

  it('is what all have, not only the last', () => {
    const three = contexts(`${long}`, `y${long}`, `${long}`);
    expect(compareContexts(16, three)).toEqual({ length: 16, ownFrom: 0 });
  });
});

describe('the order of lengths', () => {
  const itemsOf = (...lengths: number[]) => Uint32Array.from(lengths);

  it('is by blocks of 16 bytes beyond the overhead, equal ones as they came', () => {
    const items = itemsOf(38, 5, 21, 22, 6, 37, 5);
    expect([...(positionsByLength(items, 5) as Uint32Array)]).toEqual([1, 6, 2, 4, 3, 5, 0]);
  });

  it('is undefined where items are in it already', () => {
    expect(positionsByLength(itemsOf(1, 16, 3, 16, 17, 32), 0)).toBe(undefined);
    expect([...(positionsByLength(itemsOf(17, 16), 0) as Uint32Array)]).toEqual([1, 0]);
  });
});

describe('a key of batches', () => {
  it('works on when more keys were used than tables are kept, and their tables are gone', () => {
    const random = new Seeded(21);
    const keys = Array.from({ length: 70 }, () => testKey(random.bytes(32), random.bytes(20), random.bytes(30)));
    const texts = Array.from({ length: 20 }, (_, i) => random.bytes(i * 3));
    const contexts = texts.map(() => NOTHING);
    for (let round = 0; round < 3; round++) {
      for (const key of keys) {
        const frames = sealWithEngine(key, texts, contexts);
        expect(openWithEngine(key, frames, contexts)).toEqual({ texts, refused: [] });
      }
    }
  });

  it('does not take the data of one batch for those of the next', () => {
    const random = new Seeded(22);
    const key = testKey(random.bytes(32), random.bytes(20), random.bytes(30));
    const texts = Array.from({ length: 20 }, () => random.bytes(30));
    const all = (context: Buffer) => texts.map(() => context);
    const [one, other] = [random.bytes(20), random.bytes(20)];
    const frames = sealWithEngine(key, texts, all(one));
    expect(openWithEngine(key, frames, all(one)).refused).toEqual([]);
    expect(openWithEngine(key, frames, all(other)).refused.length).toBe(texts.length);
    expect(openWithEngine(key, frames, all(Buffer.from(one)))).toEqual({ texts, refused: [] });
  });

  it('binds each value to its own data, whether the batch before had them in common or not', () => {
    const random = new Seeded(25);
    const key = testKey(random.bytes(32), random.bytes(20), random.bytes(30));
    const texts = Array.from({ length: 20 }, () => random.bytes(30));
    const first = random.bytes(40);
    const equal = texts.map(() => first);
    const different = texts.map((_, i) => (i === 0 ? first : Buffer.concat([first.subarray(0, 25), random.bytes(i)])));
    for (const contexts of [equal, different, equal, different, different, equal]) {
      const frames = sealWithEngine(key, texts, contexts);
      expect(frames.map((frame, i) => openWithNode(key, frame, contexts[i] as Buffer))).toEqual(texts);
      expect(openWithEngine(key, frames, contexts)).toEqual({ texts, refused: [] });
    }
  });

  it('takes more contexts than its memory holds in several goes', () => {
    const random = new Seeded(26);
    const key = testKey(random.bytes(32), random.bytes(20), random.bytes(30));
    const texts = Array.from({ length: 500 }, () => random.bytes(10));
    const contexts = texts.map(() => random.bytes(MAX_CONTEXT_LENGTH));
    expect(contexts.length * MAX_CONTEXT_LENGTH).toBeGreaterThan(DATA_CAPACITY);
    const frames = sealWithEngine(key, texts, contexts);
    expect(frames.map((frame, i) => openWithNode(key, frame, contexts[i] as Buffer))).toEqual(texts);
    expect(openWithEngine(key, frames, contexts)).toEqual({ texts, refused: [] });
  });

  it('refuses to begin a batch within a batch, and goes on afterwards', () => {
    const random = new Seeded(23);
    const key = testKey(random.bytes(32), random.bytes(20), random.bytes(30));
    const frames = sealWithEngine(key, [random.bytes(5)], [NOTHING]);
    let refusal: unknown;
    const open = () => openWithEngine(key, frames, [NOTHING]);
    key.batchKey.cipher.encrypt = new Proxy(key.batchKey.cipher.encrypt, {
      apply(encrypt, self, args) {
        if (refusal === undefined) {
          try {
            refusal = null;
            sealWithEngine(key, [NOTHING], [NOTHING]);
          } catch (error) {
            refusal = error;
          }
        }
        return Reflect.apply(encrypt, self, args);
      },
    });
    expect(open().refused).toEqual([]);
    expect(refusal).toMatchObject({ message: 'The memory of the batch engine is in use' });
    expect(open().refused).toEqual([]);
  });
});

it('a plaintext of any length is copied whole, into memory of its own', () => {
  const memory = new Seeded(24).bytes(200);
  for (const length of [0, 1, 63, 64, 65, 120]) {
    const bytes = ownBytes(memory, 10, 10 + length);
    expect(Buffer.isBuffer(bytes)).toBe(true);
    expect(bytes).toEqual(Buffer.from(memory.subarray(10, 10 + length)));
    expect(bytes.buffer).not.toBe(memory.buffer);
  }
});

it('an engine that there is none of is refused, in words', async () => {
  const error = await errorOf(() => checkEngineChoice('wasm'));
  expect(error).toMatchObject({
    code: 'CONFIG',
    message: "The engine is neither 'auto' (the default) nor 'node'.",
  });
});
