import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { decryptMany, encryptMany } from '../src/batch.js';
import type { EngineChoice } from '../src/batch-engine/choose-engine.js';
import { DataKey } from '../src/data-key.js';
import { encodeContext } from '../src/encryption-context.js';
import { genuineBytes, lengthOf } from '../src/genuine-bytes.js';
import { createNamedCrypterer } from './batch-engine-crypterers.js';
import { openWithEngine, requireModule, sealWithEngine, testKey } from './batch-engine-support.js';
import { codeOf } from './code-of.js';
import { createLoadingCrypterer } from './crypterers.js';

const TEXT = 'eleven byte';
const ENGINES: readonly EngineChoice[] = ['auto', 'node'];

class LyingBytes extends Uint8Array {
  static claimed = 2_000;
  override get length(): number {
    return LyingBytes.claimed;
  }
  override get byteLength(): number {
    return LyingBytes.claimed;
  }
  override subarray(): never {
    throw new Error('subarray is not to be trusted');
  }
  override slice(): never {
    throw new Error('slice is not to be trusted');
  }
  override set(): never {
    throw new Error('set is not to be trusted');
  }
  override [Symbol.iterator](): never {
    throw new Error('the iterator is not to be trusted');
  }
}

function own(properties: PropertyDescriptorMap): Uint8Array {
  return Object.defineProperties(Buffer.from(TEXT), properties);
}

const changing = (): Uint8Array => {
  let reads = 0;
  return own({ length: { get: () => (reads++ % 2 === 0 ? 11 : 2_000) } });
};
const shared = (): Uint8Array => {
  const bytes = new Uint8Array(new SharedArrayBuffer(TEXT.length));
  bytes.set(Buffer.from(TEXT));
  return bytes;
};

/** All hold TEXT, whatever they say. */
const LIARS: Readonly<Record<string, () => Uint8Array>> = {
  'a class with a length of its own': () => new LyingBytes(Buffer.from(TEXT)),
  'an own length that is too long': () => own({ length: { value: 2_000 } }),
  'an own length that is too short': () => own({ length: { value: 3 } }),
  'an own length that is negative': () => own({ length: { value: -1 } }),
  'an own length that changes': changing,
  'an own length that throws': () =>
    own({
      length: {
        get() {
          throw new Error('SECRET');
        },
      },
    }),
  'a buffer and an offset of other bytes': () =>
    own({ buffer: { value: new ArrayBuffer(99) }, byteOffset: { value: 7 }, byteLength: { value: 90 } }),
  'methods of its own': () => own({ subarray: { value: () => Buffer.from('other') }, copy: { value: () => 0 } }),
  'an array of another realm': () => runInNewContext('Uint8Array.from(text)', { text: Buffer.from(TEXT) }),
  'memory that threads share': shared,
};

const GONE: Readonly<Record<string, () => Uint8Array>> = {
  'memory that was transferred away': () => {
    const bytes = Uint8Array.from(Buffer.from(TEXT));
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    return bytes;
  },
  'memory that shrank': () => {
    const memory: ArrayBuffer & { resize(to: number): void } = Reflect.construct(ArrayBuffer, [
      11,
      { maxByteLength: 11 },
    ]);
    const bytes = new Uint8Array(memory, 2, 9);
    memory.resize(1);
    return bytes;
  },
};

const NO_BYTES: Readonly<Record<string, () => unknown>> = {
  'a proxy of an array': () => new Proxy(Buffer.from(TEXT), {}),
  'an object with the prototype of one': () => Object.create(Buffer.prototype),
  'an array with its prototype': () => Object.setPrototypeOf([1, 2, 3], Buffer.prototype),
  'numbers of two bytes that claim to be bytes': () => Object.setPrototypeOf(new Uint16Array(3), Buffer.prototype),
  'a revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable(Buffer.from(TEXT), {});
    revoke();
    return proxy;
  },
};

const crypterer = createNamedCrypterer();

describe('bytes are what their memory holds', () => {
  it.each(Object.entries(LIARS))('%s', async (_name, make) => {
    const bytes = make();
    expect(genuineBytes(bytes)?.toString()).toBe(TEXT);
    expect(crypterer.decryptSync(crypterer.encryptSync(make())).toString()).toBe(TEXT);
    expect((await crypterer.decrypt(await crypterer.encrypt(make()))).toString()).toBe(TEXT);
    expect(encodeContext({ c: make() })).toEqual(encodeContext({ c: TEXT }));
  });

  it.each(Object.entries(LIARS).flatMap(([name, make]) => ENGINES.map((engine) => ({ name, make, engine }))))(
    '$name, in a batch with engine $engine',
    async ({ make, engine }) => {
      const values = Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? Buffer.from(TEXT) : make()));
      const frames = await encryptMany(
        values.map((plaintext) => ({ plaintext })),
        { crypterer, engine },
      );
      const honest = crypterer.encryptSync(Buffer.from(TEXT));
      for (const frame of frames) {
        expect(frame.length).toBe(honest.length);
        expect(crypterer.decryptSync(frame).toString()).toBe(TEXT);
      }
      const lying = frames.map((frame) => Object.defineProperty(Buffer.from(frame), 'length', { value: 20 }));
      const opened = await decryptMany(
        lying.map((ciphertext) => ({ ciphertext })),
        { crypterer, engine },
      );
      expect(opened.map(String)).toEqual(values.map(() => TEXT));
    },
  );

  it('also those of a key and of ciphertexts whose keys are loaded', async () => {
    LyingBytes.claimed = 32;
    expect(await codeOf(() => new DataKey(new LyingBytes(16).fill(1)))).toBe('CONFIG');
    LyingBytes.claimed = 2_000;
    expect(new DataKey(new LyingBytes(32).fill(1)).defaultId).toBe(new DataKey(Buffer.alloc(32, 1)).defaultId);
    const loading = createLoadingCrypterer();
    await loading.loadKeys([new LyingBytes(Buffer.from(TEXT))]);
    expect(loading.asked).toEqual([[Buffer.from(TEXT)]]);
  });
});

describe('bytes whose memory is gone do not pass for an empty value', () => {
  it.each(Object.entries(GONE))('%s', async (_name, make) => {
    const bytes = make();
    expect([lengthOf(bytes), genuineBytes(bytes)]).toEqual([0, undefined]);
    expect(await codeOf(() => crypterer.encryptSync(make()))).toBe('INVALID_ARGUMENT');
    expect(await codeOf(() => crypterer.encrypt(make()))).toBe('INVALID_ARGUMENT');
    expect(await codeOf(() => crypterer.decrypt(make()))).toBe('INVALID_ARGUMENT');
    expect(await codeOf(() => encodeContext({ c: make() }))).toBe('CONTEXT_INVALID');
    for (const engine of ENGINES) {
      const items = Array.from({ length: 40 }, (_, i) => ({ plaintext: i === 20 ? make() : Buffer.from(TEXT) }));
      expect(await codeOf(() => encryptMany(items, { crypterer, engine }))).toBe('INVALID_ARGUMENT');
    }
  });

  it.each(ENGINES)('nor where an item takes the memory of another away, with engine %s', async (engine) => {
    const victim = Uint8Array.from(Buffer.from(TEXT));
    const thief = {
      plaintext: Buffer.from(TEXT),
      get context() {
        if (victim.buffer.byteLength > 0) structuredClone(victim.buffer, { transfer: [victim.buffer] });
        return undefined;
      },
    };
    const items = [
      ...Array.from({ length: 20 }, () => ({ plaintext: Buffer.from(TEXT) })),
      { plaintext: victim },
      thief,
    ];
    expect(await codeOf(() => encryptMany(items, { crypterer, engine }))).toBe('INVALID_ARGUMENT');
  });
});

it.each(Object.entries(NO_BYTES))('%s is no bytes', async (_name, make) => {
  expect(genuineBytes(make())).toBeUndefined();
  expect(await codeOf(() => crypterer.encryptSync(make() as never))).toBe('INVALID_ARGUMENT');
  expect(await codeOf(() => encryptMany([{ plaintext: make() as never }], { crypterer }))).toBe('INVALID_ARGUMENT');
  expect(await codeOf(() => decryptMany([{ ciphertext: make() as never }], { crypterer }))).toBe('INVALID_ARGUMENT');
});

it('an empty value is a value', () => {
  for (const empty of [Buffer.alloc(0), new Uint8Array(new SharedArrayBuffer(0))]) {
    expect(crypterer.decryptSync(crypterer.encryptSync(empty)).length).toBe(0);
  }
});

it('the memory of the engine holds nothing of a batch with lying values, or of one that failed', async () => {
  const secret = Buffer.from('a secret that is long enough to be found again');
  const module = requireModule();
  const values = Array.from({ length: 60 }, () =>
    Object.defineProperty(Buffer.from(secret), 'length', { value: 2_000 }),
  );
  await encryptMany(
    values.map((plaintext) => ({ plaintext })),
    { crypterer },
  );
  expect(module.bytes.includes(secret.subarray(0, 20))).toBe(false);
});

it('a batch whose value grows while it is copied fails, and leaves nothing in the memory of the engine', () => {
  const key = testKey(Buffer.alloc(32, 1), Buffer.alloc(20, 2), Buffer.alloc(30, 3));
  const secret = Buffer.from('another secret that is long enough to be found');
  let reads = 0;
  const values = [secret, secret, secret];
  const contexts = values.map(() => Buffer.alloc(0));
  Object.defineProperty(values, 1, { get: () => (reads++ === 0 ? Buffer.alloc(3) : secret) });
  expect(() => sealWithEngine(key, values, contexts)).toThrow('changed its length');
  expect(requireModule().bytes.includes(secret.subarray(0, 20))).toBe(false);
  const [frame] = sealWithEngine(key, [secret], [Buffer.alloc(0)]);
  expect(openWithEngine(key, [frame as Buffer], [Buffer.alloc(0)]).texts).toEqual([secret]);
});
