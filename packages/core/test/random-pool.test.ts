import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { describe, expect, it, vi } from 'vitest';
import { RandomPool } from '../src/random-pool.js';

describe('the pool of random bytes', () => {
  it('writes where it is told to, and nowhere else', () => {
    const target = Buffer.alloc(40);
    new RandomPool().take(target, 10, 12);
    expect(target.subarray(0, 10)).toEqual(Buffer.alloc(10));
    expect(target.subarray(22)).toEqual(Buffer.alloc(18));
    expect(target.subarray(10, 22)).not.toEqual(Buffer.alloc(12));
  });

  it('gives a million different slices, over many refills', { timeout: 60_000 }, () => {
    const pool = new RandomPool();
    const bytes = Buffer.alloc(12);
    const seen = new Set<string>();
    for (let i = 0; i < 1_000_000; i++) {
      pool.take(bytes, 0, 12);
      seen.add(bytes.toString('latin1'));
    }
    expect(seen.size).toBe(1_000_000);
  });

  it('gives each length up to its own, whatever is left', () => {
    const pool = new RandomPool();
    for (const length of [1, 4096, 4095, 1, 2, 4000, 100]) {
      const bytes = Buffer.alloc(length);
      pool.take(bytes, 0, length);
      if (length > 8) expect(bytes.subarray(-8)).not.toEqual(Buffer.alloc(8));
    }
  });

  it('is not shared: two of them give different bytes', () => {
    const slices = [new RandomPool(), new RandomPool()].map((pool) => {
      const bytes = Buffer.alloc(32);
      pool.take(bytes, 0, 32);
      return bytes.toString('hex');
    });
    expect(slices[0]).not.toBe(slices[1]);
  });

  it('gives nothing, this time and the next, where the generator of the system fails', () => {
    const failing = vi.spyOn(crypto, 'randomFillSync').mockImplementation(() => {
      throw new Error('no entropy');
    });
    syncBuiltinESMExports();
    try {
      const pool = new RandomPool();
      expect(() => pool.take(Buffer.alloc(12), 0, 12)).toThrow('no entropy');
      expect(() => pool.take(Buffer.alloc(12), 0, 12)).toThrow('no entropy');
    } finally {
      failing.mockRestore();
      syncBuiltinESMExports();
    }
  });
});
