import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DerivedKeyCache } from '../src/derived-key-cache.js';

const key = (fill: number) => Buffer.alloc(32, fill);
const isZeroed = (bytes: Buffer) => bytes.equals(key(0));

describe('the cache of derived keys', () => {
  it('gives what it was given, as a key object', () => {
    const cache = new DerivedKeyCache();
    cache.set('bytes', key(1));
    const object = createSecretKey(key(2));
    cache.set('object', object);
    expect(cache.get('bytes')?.export()).toEqual(key(1));
    expect(cache.get('bytes')).toBe(cache.get('bytes'));
    expect(cache.get('object')).toBe(object);
    expect(cache.get('absent')).toBeUndefined();
  });

  it('holds at most 1,024 keys, the newest 512 among them, and zeroes those that it gives up', () => {
    const cache = new DerivedKeyCache();
    const keys = Array.from({ length: 5000 }, () => key(1));
    for (const [i, bytes] of keys.entries()) {
      cache.set(`key ${i}`, bytes);
      const held = keys.slice(0, i + 1).filter((each) => !isZeroed(each)).length;
      if (i % 500 === 499 || i === 1024) expect(held).toBeLessThanOrEqual(1024);
    }
    expect(keys.slice(-512).some(isZeroed)).toBe(false);
    expect(cache.get('key 0')).toBeUndefined();
    expect(cache.get('key 4488')).toBeDefined();
  });

  it('keeps a key that is used again and again, whatever comes and goes beside it', () => {
    const cache = new DerivedKeyCache();
    cache.set('used', key(7));
    for (let i = 0; i < 5000; i++) {
      cache.set(`key ${i}`, key(1));
      if (i % 400 === 0) expect(cache.get('used')?.export()).toEqual(key(7));
    }
  });

  it('gives the right key for each name while generations change', () => {
    const cache = new DerivedKeyCache();
    for (let i = 0; i < 2000; i++) {
      cache.set(`key ${i}`, key(1 + (i % 200)));
      const earlier = i - (i % 300);
      const found = cache.get(`key ${earlier}`)?.export();
      expect(found).toEqual(key(1 + (earlier % 200)));
    }
  });

  it('zeroes the bytes of a key that it turned into an object, and of all when it is cleared', () => {
    const cache = new DerivedKeyCache();
    const [used, cleared] = [key(2), key(3)];
    cache.set('used', used);
    cache.get('used');
    expect(isZeroed(used)).toBe(true);
    cache.set('cleared', cleared);
    cache.clear();
    expect(isZeroed(cleared)).toBe(true);
    expect([cache.get('used'), cache.get('cleared')]).toEqual([undefined, undefined]);
  });
});
