import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KeyToOpen } from '../src/batch-engine/batch-keys.js';
import { BatchOpening } from '../src/batch-engine/batch-opening.js';
import type { Engine } from '../src/batch-engine/choose-engine.js';
import { CounterCipher } from '../src/batch-engine/counter-cipher.js';
import { Pace } from '../src/batch-engine/pace.js';
import { ownBytes } from '../src/batch-engine/read-plaintext.js';
import { sealBatch } from '../src/batch-engine/seal-batch.js';
import { DataKey } from '../src/data-key.js';
import { encodeContext } from '../src/encryption-context.js';
import { encodeFrameHeader, parseFrame } from '../src/frame.js';
import { type DecryptItem, type EncryptItem, TakenValues } from '../src/taken-values.js';
import { requireModule } from './batch-engine-support.js';

const HEADER = encodeFrameHeader('aes-256-gcm', { kind: 1, id: 1 });
const NO_CONTEXT = encodeContext(undefined);
const LONGEST_TEXT = 2_048;
const LONGEST_CONTEXT = 4_096;

afterEach(() => vi.restoreAllMocks());

/** A context whose encoding has so many bytes. */
function contextOf(length: number): Record<string, string> {
  const overhead = encodeContext({ a: '1' }).length - 1;
  const context = { a: 'x'.repeat(length - overhead) };
  expect(encodeContext(context).length).toBe(length);
  return context;
}

describe('what the engine seals of a batch', () => {
  const dataKey = new DataKey(Buffer.alloc(32, 1));

  /** Seals the items from one position to another, and gives what the engine and the provider were asked. */
  function seal(items: readonly EncryptItem[], { from = 0, header = HEADER, closed = false } = {}) {
    const sealMany = vi.spyOn(dataKey, 'sealMany');
    const keyToSeal = vi.fn((_values: number, _bytes: number) => ({ dataKey, header }));
    const engine: Engine = { module: requireModule(), side: { closed, keyToSeal }, scope: 'a scope' };
    const results = new Array<Buffer | undefined>(items.length);
    const areAll = sealBatch(engine, new TakenValues(items, 'plaintext', () => undefined), from, items.length, results);
    const positions = [...results.keys()].filter((position) => results[position] !== undefined);
    return { areAll, positions, asked: keyToSeal.mock.calls, sealed: sealMany.mock.calls };
  }

  const values = (count: number, length: number): EncryptItem[] =>
    Array.from({ length: count }, () => ({ plaintext: Buffer.alloc(length, 1) }));

  it('are all values, and their number and bytes are told the provider', () => {
    const { areAll, positions, asked } = seal(values(10, 30));
    expect({ areAll, positions }).toEqual({ areAll: true, positions: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] });
    expect(asked).toEqual([[10, 300, 'a scope']]);
  });

  it('are those from where it is to begin', () => {
    const { areAll, positions } = seal(values(10, 30), { from: 4 });
    expect({ areAll, positions }).toEqual({ areAll: true, positions: [4, 5, 6, 7, 8, 9] });
  });

  it('are none that is too long', () => {
    const items = [...values(60, LONGEST_TEXT), ...values(1, LONGEST_TEXT + 1)];
    const { areAll, positions } = seal(items);
    expect({ areAll, positions }).toEqual({ areAll: false, positions: [...Array(60).keys()] });
  });

  it('are none whose context is too long', () => {
    const items = values(10, 30).map((item) => ({ ...item, context: contextOf(LONGEST_CONTEXT) }));
    expect(seal(items).areAll).toBe(true);
    const { areAll, positions } = seal([...items, { ...items[0], context: contextOf(LONGEST_CONTEXT + 1) } as never]);
    expect({ areAll, positions }).toEqual({ areAll: false, positions: [...Array(10).keys()] });
  });

  it('are none where few would not be worth it, and the provider is not asked', () => {
    expect(seal(values(3, 20))).toEqual({ areAll: false, positions: [], asked: [], sealed: [] });
    expect(seal(values(9, 1_024)).asked).toEqual([]);
    expect(seal(values(10, 1_024)).asked.length).toBe(1);
  });

  it('are none of a crypterer that is closed, or whose key fails', () => {
    expect(seal(values(10, 20), { closed: true })).toEqual({ areAll: false, positions: [], asked: [], sealed: [] });
    const { areAll, positions } = seal(values(10, 20), { header: 'no header' as never });
    expect({ areAll, positions }).toEqual({ areAll: false, positions: [] });
  });

  it('share the encoding of equal contexts that follow one another', () => {
    const [one, other] = [{ c: 'one' }, { c: 'other' }];
    const contexts = [one, one, one, other, other, undefined];
    const items = contexts.map((context) => ({ plaintext: Buffer.alloc(1), context }));
    const [, , , encoded] = seal(items).sealed[0] as [unknown, unknown, unknown, Buffer[]];
    expect(new Set(encoded).size).toBe(3);
    expect(encoded).toEqual(contexts.map(encodeContext));
  });
});

describe('what the engine opens of a batch', () => {
  const dataKey = new DataKey(Buffer.alloc(32, 1));

  const values = (count: number, length: number, context?: Record<string, string>): DecryptItem[] =>
    Array.from({ length: count }, () => ({
      ciphertext: dataKey.seal(Buffer.alloc(length, 1), HEADER, encodeContext(context)),
      context,
    }));

  const nameKey = (frame: Buffer): KeyToOpen => ({ dataKey, layout: parseFrame(frame) });

  /** Opens the items, and gives what is left over, and what the engine and the provider were asked. */
  async function open(
    items: readonly DecryptItem[],
    name: (frame: Buffer) => KeyToOpen | undefined = nameKey,
    pace: Pace = new Pace(),
  ) {
    const contexts: Buffer[][] = [];
    const { openMany } = DataKey.prototype;
    vi.spyOn(dataKey, 'openMany').mockImplementation((...args) => {
      const [, , frames, encoded, positions] = args;
      expect([encoded.length, positions.length]).toEqual([frames.length, frames.length]);
      // Later the list has others.
      contexts.push([...encoded]);
      return openMany.apply(dataKey, args);
    });
    const keyToOpen = vi.fn(name);
    const engine: Engine = { module: requireModule(), side: { closed: false, keyToOpen }, scope: undefined };
    const taken: number[] = [];
    const take = (position: number) => taken.push(position);
    const refused: number[] = [];
    const refuse = (positions: readonly number[]) => refused.push(...positions);
    const values = new TakenValues(items, 'ciphertext', () => undefined);
    const opening = new BatchOpening(engine, values, 0, items.length, { take, refuse });
    while (!opening.advance(pace));
    taken.sort((a, b) => a - b);
    const { withoutKey } = opening;
    return {
      withoutKey,
      /** Neither opened nor without a key. */
      others: [...items.keys()].filter((position) => ![...taken, ...withoutKey].includes(position)),
      taken,
      names: keyToOpen.mock.calls.length,
      contexts,
    };
  }

  it('are no few values, and the provider is not asked for their key', async () => {
    const few = { withoutKey: [], others: [0, 1, 2], taken: [], names: 0, contexts: [] };
    expect(await open(values(3, 20))).toEqual(few);
    expect(await open(values(9, 1_024))).toMatchObject({ others: [...Array(9).keys()], taken: [], names: 0 });
    expect(await open(values(10, 1_024))).toMatchObject({ others: [], taken: [...Array(10).keys()], names: 1 });
  });

  it('are none that is too long, too short, or bound to too much', async () => {
    const long = contextOf(LONGEST_CONTEXT);
    const tooLong = contextOf(LONGEST_CONTEXT + 1);
    const items = [
      ...values(60, LONGEST_TEXT),
      ...values(1, LONGEST_TEXT + 1),
      ...values(1, 20, long),
      ...values(1, 20, tooLong),
      { ciphertext: HEADER },
      { ciphertext: 'text' as never },
    ];
    const { taken, others } = await open(items);
    expect(taken).toEqual([...Array(60).keys(), 61]);
    expect(others).toEqual([60, 62, 63, 64]);
  });

  it('are all that are worth it of several groups, also when every look at the clock ends a slice', async () => {
    const starting = (first: number, count: number, length = 3): DecryptItem[] => {
      const header = encodeFrameHeader('aes-256-gcm', { kind: 1, id: 0x0101_0101 * first });
      return Array.from({ length: count }, () => ({
        ciphertext: dataKey.seal(Buffer.alloc(length), header, NO_CONTEXT),
      }));
    };
    // Of the second group too many are too long for the rest to be worth it.
    const items = [...starting(1, 30), ...starting(2, 3), ...starting(2, 20, LONGEST_TEXT + 1), ...starting(3, 700)];
    const { taken, others, contexts } = await open(items, nameKey, { isDue: true } as never);
    expect(others).toEqual(Array.from({ length: 23 }, (_, i) => 30 + i));
    expect(taken).toEqual([...Array(753).keys()].filter((position) => !others.includes(position)));
    expect(contexts.reduce((sum, { length }) => sum + length, 0)).toBe(730);
  });

  it('are none whose memory is gone once others were asked for their context', async () => {
    const items = values(20, 20);
    const gone = new Uint8Array(items[3]?.ciphertext as Buffer);
    items[3] = { ciphertext: gone };
    Object.defineProperty(items[10], 'context', {
      get() {
        if (gone.buffer.byteLength > 0) structuredClone(gone.buffer, { transfer: [gone.buffer] });
        return undefined;
      },
    });
    expect((await open(items)).others).toEqual([3]);
  });

  it('are none that begin in another way than the first, though they end so', async () => {
    const startingWith = (first: number): DecryptItem[] => {
      const fingerprint = Buffer.from(dataKey.fingerprint).fill(first, 0, 1);
      const header = encodeFrameHeader('aes-256-gcm', { kind: 2, fingerprint });
      return Array.from({ length: 5 }, () => ({ ciphertext: dataKey.seal(Buffer.alloc(3), header, NO_CONTEXT) }));
    };
    const { taken, others, names } = await open([...startingWith(1), ...startingWith(2)]);
    expect({ taken, others, names }).toEqual({ taken: [0, 1, 2, 3, 4], others: [5, 6, 7, 8, 9], names: 1 });
  });

  it('are encoded once for each context', async () => {
    const [one, other] = [{ c: 'one' }, { c: 'other' }];
    const { contexts } = await open([...values(5, 20, one), ...values(5, 20, other)]);
    expect(contexts.map((encoded) => new Set(encoded).size)).toEqual([2]);
  });

  it('are none whose key the provider does not name, names for another layout, or fails to name', async () => {
    const items = values(5, 20);
    const positions = [0, 1, 2, 3, 4];
    const names = [
      () => undefined,
      () => {
        throw new Error('no key');
      },
      (frame: Buffer) => {
        const { layout } = nameKey(frame);
        return { dataKey, layout: { ...layout, ciphertextOffset: layout.ciphertextOffset + 1 } };
      },
    ];
    for (const name of names) {
      expect(await open(items, name)).toMatchObject({ withoutKey: positions, others: [], taken: [], contexts: [] });
    }
  });

  it('are none that begin with more than its memory holds', async () => {
    const framesWith = (wrappedLength: number): DecryptItem[] => {
      const key = { kind: 3, fingerprint: Buffer.from(dataKey.fingerprint), provider: 1 } as const;
      const header = encodeFrameHeader('aes-256-gcm', { ...key, wrapped: Buffer.alloc(wrappedLength, 7) });
      return Array.from({ length: 5 }, () => ({ ciphertext: dataKey.seal(Buffer.alloc(3), header, NO_CONTEXT) }));
    };
    const longest = 0x7f0 - 23;
    expect(await open(framesWith(longest))).toMatchObject({ names: 1, taken: [0, 1, 2, 3, 4], withoutKey: [] });
    expect(await open(framesWith(longest + 1))).toMatchObject({ names: 0, taken: [], withoutKey: [0, 1, 2, 3, 4] });
  });
});

describe('the pace of a batch', () => {
  it('is due after two milliseconds, and counts anew after a rest', async () => {
    let now = 100;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const pace = new Pace();
    const isDueAt = (time: number) => {
      now = time;
      return pace.isDue;
    };
    expect([100, 101.9, 102, 103].map(isDueAt)).toEqual([false, false, true, true]);
    await pace.rest();
    expect([103, 104.9, 105].map(isDueAt)).toEqual([false, false, true]);
  });

  it('is asked about once for 32 short values, and for each long one', () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    const pace = new Pace();
    const after = (values: number, bytes: number): boolean[] =>
      Array.from({ length: values }, () => pace.isDueAfter(bytes));
    after(1, 0);
    now.mockClear();
    after(30, 0);
    expect(now).not.toHaveBeenCalled();
    after(1, 0);
    expect(now).toHaveBeenCalledTimes(1);
    now.mockReturnValue(2);
    expect(after(31, 0)).not.toContain(true);
    expect(after(1, 0)).toEqual([true]);
    expect(after(1, 309_999)).toEqual([false]);
    expect(after(2, 310_000)).toEqual([true, true]);
  });

  describe('of a process that has seen no values yet', () => {
    type Sources = typeof import('../src/batch-engine/pace.js') & typeof import('../src/batch-engine/batch-opening.js');
    let fresh: Sources;

    beforeEach(async () => {
      vi.resetModules();
      fresh = {
        ...(await import('../src/batch-engine/pace.js')),
        ...(await import('../src/batch-engine/batch-opening.js')),
      };
    });

    it('begins with small chunks, and doubles them', () => {
      const most = [512, 512, 512, 512, 512, 1_024, 16_384, 16_384, 100];
      expect(most.map(fresh.nextChunk)).toEqual([128, 128, 256, 512, 512, 1_024, 2_560, 5_120, 100]);
    });

    it.each([
      { isDue: true, rests: 7 },
      { isDue: false, rests: 0 },
    ])('gives the event loop its turns: $rests', ({ isDue, rests }) => {
      const dataKey = new DataKey(Buffer.alloc(32, 1));
      const ciphertext = dataKey.seal(Buffer.alloc(5), HEADER, NO_CONTEXT);
      const chunks: number[] = [];
      const { openMany } = dataKey;
      vi.spyOn(dataKey, 'openMany').mockImplementation((...args) => {
        chunks.push(args[2].length);
        return openMany.apply(dataKey, args);
      });
      const take = vi.fn();
      const items = Array(3_000).fill({ ciphertext });
      const side = { closed: false, keyToOpen: (frame: Buffer) => ({ dataKey, layout: parseFrame(frame) }) };
      const engine = { module: requireModule(), side, scope: undefined };
      const values = new TakenValues(items, 'ciphertext', () => undefined);
      const opening = new fresh.BatchOpening(engine, values, 0, items.length, { take, refuse: () => undefined });
      // After each chunk but the last.
      let turns = 0;
      while (!opening.advance({ isDue } as never)) turns += 1;
      expect(chunks).toEqual([128, 128, 256, 512, 512, 512, 512, 440]);
      expect(turns).toBe(rests);
      expect(take.mock.calls.map(([position]) => position)).toEqual([...items.keys()]);
    });

    it('gives the event loop its turns after every 1,024 values that are only looked at', () => {
      const engine = { module: requireModule(), side: { closed: false }, scope: undefined };
      const items = Array(3_000).fill({ ciphertext: Buffer.from('no frame') });
      const take = vi.fn();
      const values = new TakenValues(items, 'ciphertext', () => undefined);
      const opening = new fresh.BatchOpening(engine, values, 0, items.length, { take, refuse: () => undefined });
      let turns = 0;
      while (!opening.advance({ isDue: true } as never)) turns += 1;
      expect(turns).toBe(2);
      expect([take.mock.calls, opening.withoutKey]).toEqual([[], []]);
    });
  });
});

it('a plaintext is copied in V8’s own heap up to 64 bytes, and outside above', () => {
  const memory = Buffer.alloc(200, 1);
  const slice = vi.spyOn(Uint8Array.prototype, 'slice');
  for (const length of [0, 1, 63, 64]) expect(ownBytes(memory, 10, 10 + length).length).toBe(length);
  expect(slice).not.toHaveBeenCalled();
  expect(ownBytes(memory, 10, 75).length).toBe(65);
  expect(slice).toHaveBeenCalledTimes(1);
});

describe('the cipher of the counters', () => {
  it('takes no part of a block, also where all blocks are equal', () => {
    const memory = Buffer.alloc(48);
    expect(() => new CounterCipher(Buffer.alloc(32, 1)).encrypt(memory, 0, 47)).toThrow(
      'AES-ECB did not give a block for each block',
    );
    expect(memory).toEqual(Buffer.alloc(48));
  });

  it('leaves no key stream behind outside the memory of the engine', () => {
    const fill = vi.spyOn(Buffer.prototype, 'fill');
    const memory = Buffer.alloc(64);
    fill.mockClear();
    new CounterCipher(Buffer.alloc(32, 1)).encrypt(memory, 0, 64);
    expect(memory.equals(Buffer.alloc(64))).toBe(false);
    const cleared = fill.mock.contexts as unknown as Buffer[];
    expect(cleared.map((bytes) => [bytes.length, bytes.equals(Buffer.alloc(64))])).toEqual([[64, true]]);
  });

  it('gives the memory of its key stream back at once', () => {
    const fill = vi.spyOn(Buffer.prototype, 'fill');
    const cipher = new CounterCipher(Buffer.alloc(32, 1));
    const [long, short] = [Buffer.alloc(2048), Buffer.alloc(64)];
    // Node 20 begins with it after some calls.
    for (let i = 0; i < 100; i++) cipher.encrypt(long.fill(0), 0, long.length);
    fill.mockClear();
    cipher.encrypt(long, 0, long.length);
    cipher.encrypt(short, 0, short.length);
    const cleared = fill.mock.contexts as unknown as Buffer[];
    expect(cleared.map((bytes) => bytes.length)).toEqual([0, 64]);
  });
});
