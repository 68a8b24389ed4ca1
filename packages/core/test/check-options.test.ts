import { describe, expect, it } from 'vitest';
import { checkOptionNames, checkPositive, checkPositiveInteger } from '../src/check-options.js';
import { codeOf, errorOf } from './code-of.js';

describe('the names of options', () => {
  const check = (options: unknown) => checkOptionNames(options, 'createX', ['key', 'suite']);

  it('may be any of those that exist', () => {
    for (const options of [{}, { key: 1 }, { key: undefined, suite: 'x' }]) expect(() => check(options)).not.toThrow();
  });

  it('are refused where they are misspelt, and the error says which exist', async () => {
    const error = await errorOf(() => check({ key: 1, siute: 'x' }));
    expect(error.code).toBe('CONFIG');
    expect(error.message).toContain('"siute"');
    expect(error.message).toContain('key, suite');
  });

  it('are those of an object', async () => {
    for (const options of [undefined, null, 'key', 5, [], () => undefined]) {
      expect(await codeOf(() => check(options))).toBe('CONFIG');
    }
  });
});

describe('a number among options', () => {
  it('is greater than zero and finite', async () => {
    for (const right of [1, 0.001, 2 ** 53]) expect(checkPositive(right, 'ttl', 'milliseconds')).toBe(right);
    for (const wrong of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '5', null, undefined, 5n]) {
      const error = await errorOf(() => checkPositive(wrong, 'ttl', 'milliseconds'));
      expect(error.code).toBe('CONFIG');
      expect(error.message).toContain('milliseconds');
    }
  });

  it('is whole where it counts something', async () => {
    for (const right of [1, 1000]) expect(checkPositiveInteger(right, 'burst', 'calls')).toBe(right);
    for (const wrong of [0, -1, 1.5, Number.NaN, 2 ** 53, '5', null, undefined]) {
      expect(await codeOf(() => checkPositiveInteger(wrong, 'burst', 'calls'))).toBe('CONFIG');
    }
  });
});
