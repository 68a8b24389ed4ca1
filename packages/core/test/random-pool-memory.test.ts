import { describe, expect, it, vi } from 'vitest';
import { RandomPool } from '../src/random-pool.js';

/** The memory that the operating system's generator was asked to fill, in order. */
const filled = vi.hoisted((): Buffer[] => []);

vi.mock('node:crypto', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:crypto')>();
  const randomFillSync = (bytes: Buffer) => {
    filled.push(bytes);
    return original.randomFillSync(bytes);
  };
  return { ...original, randomFillSync };
});

const take = (pool: RandomPool, length: number) => {
  const bytes = Buffer.alloc(length);
  pool.take(bytes, 0, length);
  return bytes;
};

describe('the memory of a pool of random bytes', () => {
  it('is filled 4 KiB at a time, and in the same place each time', () => {
    filled.length = 0;
    const pool = new RandomPool();
    for (let i = 0; i < 256; i++) take(pool, 16);
    expect(filled.map(({ length }) => length)).toEqual([4096]);
    for (let i = 0; i < 256; i++) take(pool, 16);
    expect(filled.length).toBe(2);
    expect(filled[1]).toBe(filled[0]);
  });

  it('is zero where a slice was taken, and what is left of it is what comes next', () => {
    filled.length = 0;
    const pool = new RandomPool();
    take(pool, 16);
    const memory = filled[0] as Buffer;
    const left = Buffer.from(memory);
    for (let start = 16; start < 4096; start += 16) {
      expect(take(pool, 16)).toEqual(left.subarray(start, start + 16));
      left.fill(0, 0, start + 16);
      expect(memory.equals(left)).toBe(true);
    }
  });
});
