import { describe, expect, it } from 'vitest';
import { generateBytes } from '../src/generate-bytes.js';
import { codeOf } from './code-of.js';

describe('generateBytes', () => {
  it('gives that many random bytes in memory of their own', () => {
    for (const length of [0, 1, 32, 100_000]) {
      const bytes = generateBytes(length);
      expect(Buffer.isBuffer(bytes)).toBe(true);
      expect([bytes.length, bytes.buffer.byteLength]).toEqual([length, length]);
    }
    expect(generateBytes(32)).not.toEqual(generateBytes(32));
  });

  it.each([[-1], [1.5], [Number.NaN], [2 ** 31], ['32'], [undefined], [null]])(
    'refuses %s as a length',
    async (length) => {
      expect(await codeOf(() => generateBytes(length as number))).toBe('INVALID_ARGUMENT');
    },
  );
});
