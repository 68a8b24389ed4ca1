import type { KeyObject } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AuthenticatedData } from '../src/authenticated-data.js';
import { DataKey } from '../src/data-key.js';
import { DerivedKeyCache } from '../src/derived-key-cache.js';
import { encodeContext } from '../src/encryption-context.js';
import { ExtendedNonceKey } from '../src/extended-nonce-key.js';
import { encodeFrameHeader, parseFrame } from '../src/frame.js';
import { requireModule } from './batch-engine-support.js';
import { codeOf } from './code-of.js';

/** Calls that leave the memory of the process's own code, by name. What they do they really do. */
const calls = vi.hoisted(() => new Map<string, number>());

vi.mock('node:crypto', async (importOriginal) => {
  const original = await importOriginal<Record<string, (...args: unknown[]) => unknown>>();
  const counted = (name: string) => [
    name,
    (...args: unknown[]) => {
      const what = name === 'createCipheriv' ? `${name} ${String(args[0])}` : name;
      calls.set(what, (calls.get(what) ?? 0) + 1);
      return original[name]?.(...args);
    },
  ];
  return { ...original, ...Object.fromEntries(['hkdfSync', 'createCipheriv'].map(counted)) };
});

class CountingCache extends DerivedKeyCache {
  gets = 0;
  sets = 0;

  override get(name: string): KeyObject | undefined {
    this.gets += 1;
    return super.get(name);
  }

  override set(name: string, key: Buffer | KeyObject): void {
    this.sets += 1;
    super.set(name, key);
  }
}

const DEK = Buffer.alloc(32, 1);
const NO_CONTEXT = encodeContext(undefined);
const HEADER = encodeFrameHeader('xaes-256-gcm', { kind: 2, fingerprint: Buffer.alloc(16) });
const VALUE = Buffer.from('value');

const seal = (key: DataKey) => key.seal(VALUE, HEADER, NO_CONTEXT);
const open = (key: DataKey, frame: Buffer) => key.open(frame, parseFrame(frame), NO_CONTEXT);

afterEach(() => vi.restoreAllMocks());

describe('the keys that a data key derives', () => {
  it('are derived once each, however many values there are', () => {
    calls.clear();
    const key = new DataKey(DEK);
    const gcmHeader = encodeFrameHeader('aes-256-gcm', { kind: 1, id: 1 });
    const foreign = [1, 2, 3].map(() => seal(new DataKey(DEK)));
    const before = new Map(calls);
    for (let i = 0; i < 5; i++) {
      open(key, seal(key));
      open(key, key.seal(VALUE, gcmHeader, NO_CONTEXT));
      for (const frame of foreign) open(key, frame);
    }
    const since = (name: string) => (calls.get(name) ?? 0) - (before.get(name) ?? 0);
    // One for each suite; the commitment was derived when the data key was made.
    expect(since('hkdfSync')).toBe(2);
    expect(since('createCipheriv aes-256-ecb')).toBe(1);
  });

  it('are not looked up for a run of values under one prefix', () => {
    const cache = new CountingCache();
    const reader = new DataKey(DEK, cache);
    const writer = new DataKey(DEK);
    for (let i = 0; i < 10; i++) expect(open(reader, seal(writer))).toEqual(VALUE);
    // The first value derives, the second finds it.
    expect(cache.gets).toBe(2);
  });

  it('are not looked up for the values that it sealed itself', () => {
    const cache = new CountingCache();
    const key = new DataKey(DEK, cache);
    for (let i = 0; i < 10; i++) expect(open(key, seal(key))).toEqual(VALUE);
    expect(cache.gets).toBe(0);
  });

  it('are found again where values under several prefixes take turns, its own among them', () => {
    const cache = new CountingCache();
    const key = new DataKey(DEK, cache);
    const frames = [key, new DataKey(DEK), new DataKey(DEK)].map(seal);
    for (const frame of frames) open(key, frame);
    const derive = vi.spyOn(ExtendedNonceKey.prototype, 'derive');
    for (let i = 0; i < 10; i++) for (const frame of frames) expect(open(key, frame)).toEqual(VALUE);
    expect(derive).not.toHaveBeenCalled();
  });

  it('are zeroed where the value does not authenticate, and kept nowhere', async () => {
    const cache = new CountingCache();
    const reader = new DataKey(DEK, cache);
    const derive = vi.spyOn(ExtendedNonceKey.prototype, 'derive');
    const frame = seal(new DataKey(DEK));
    frame[frame.length - 1] = (frame.at(-1) as number) ^ 1;
    derive.mockClear();
    expect(await codeOf(() => open(reader, frame))).toBe('AUTH_FAILED');
    expect(derive.mock.results.map(({ value }) => value)).toEqual([Buffer.alloc(32)]);
    expect(cache.sets).toBe(0);
  });
});

describe('what a batch worked with', () => {
  const module = requireModule();
  const values = [VALUE, VALUE];
  const contexts = [NO_CONTEXT, NO_CONTEXT];
  const sealBoth = (key: DataKey) => key.sealMany(module, HEADER, values, contexts);
  const openBoth = (key: DataKey, frames: Buffer[], take = () => undefined) =>
    key.openMany(module, parseFrame(frames[0] as Buffer), frames, contexts, [...frames.keys()], take);

  it('serves the next batch that begins alike, and none that begins otherwise', () => {
    const reader = new DataKey(DEK);
    const [one, other] = [sealBoth(new DataKey(DEK)), sealBoth(new DataKey(DEK))];
    const derive = vi.spyOn(ExtendedNonceKey.prototype, 'derive');
    const derived = [one, one, other, other, one].map((frames) => {
      expect(openBoth(reader, frames)).toEqual([]);
      return derive.mock.calls.length;
    });
    expect(derived).toEqual([1, 1, 2, 2, 3]);
  });

  it('is not used again after something went wrong', () => {
    const reader = new DataKey(DEK);
    const frames = sealBoth(new DataKey(DEK));
    openBoth(reader, frames);
    const derive = vi.spyOn(ExtendedNonceKey.prototype, 'derive');
    const failing = () => openBoth(reader, frames, () => expect.unreachable());
    expect(failing).toThrow();
    expect(derive).not.toHaveBeenCalled();
    expect(openBoth(reader, frames)).toEqual([]);
    expect(derive).toHaveBeenCalledTimes(1);
  });
});

describe('a nonce prefix', () => {
  /** As long as a list of 2^24 values, without being one: a batch counts them, and then fails. */
  class Endless extends Array<Buffer> {
    override *[Symbol.iterator](): ArrayIterator<Buffer> {}
  }

  const prefixOf = (frame: Buffer) => frame.toString('hex', HEADER.length, HEADER.length + 12);
  const sealEndless = (key: DataKey, length: number) => {
    const values = new Endless(length);
    expect(() => key.sealMany(requireModule(), HEADER, values, values)).toThrow();
  };

  it('serves 2^24 values and not one more, those of a batch that failed among them', () => {
    const key = new DataKey(DEK);
    const first = prefixOf(seal(key));
    sealEndless(key, 2 ** 24 - 2);
    expect(prefixOf(seal(key))).toBe(first);
    expect(prefixOf(seal(key))).not.toBe(first);
  });

  it('is not begun by a batch that would take it past its end', () => {
    const key = new DataKey(DEK);
    const first = prefixOf(seal(key));
    sealEndless(key, 2 ** 24);
    expect(prefixOf(seal(key))).not.toBe(first);
  });
});

describe('the cache of derived keys', () => {
  it('gives up nothing because of names that it does not have', () => {
    const cache = new DerivedKeyCache();
    const key = Buffer.alloc(32, 7);
    cache.set('kept', key);
    for (let i = 0; i < 5000; i++) expect(cache.get(`absent ${i}`)).toBeUndefined();
    expect(cache.get('kept')?.export()).toEqual(Buffer.alloc(32, 7));
  });
});

describe('what a value is authenticated with', () => {
  it('is written into the same memory as long as header length and context stay the same', () => {
    const data = new AuthenticatedData();
    const frame = Buffer.alloc(50);
    const first = data.of(frame, 8, NO_CONTEXT);
    expect(data.of(Buffer.alloc(60), 8, NO_CONTEXT)).toBe(first);
    expect(data.of(frame, 20, NO_CONTEXT)).not.toBe(first);
  });
});

describe('the encoding of a context', () => {
  it('is the same object for none and for an empty one', () => {
    expect(encodeContext({})).toBe(encodeContext(undefined));
  });
});
