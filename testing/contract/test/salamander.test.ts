import { createDecipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { blockToElement, elementToBlock, invert, multiply } from '../src/galois-field.js';
import { salamander } from '../src/salamander.js';

const ONE = blockToElement(Buffer.concat([Buffer.from([0x80]), Buffer.alloc(15)]));
const randomElement = () => blockToElement(randomBytes(16));

describe('the field of GCM', () => {
  it('has 1 as its neutral element and inverts what is not zero', () => {
    for (let i = 0; i < 20; i++) {
      const element = randomElement();
      expect(multiply(element, ONE)).toBe(element);
      expect(multiply(element, invert(element))).toBe(ONE);
    }
    expect(() => invert(0n)).toThrow('zero');
  });

  it('multiplies in any order, and over sums', () => {
    const [a, b, c] = [randomElement(), randomElement(), randomElement()] as const;
    expect(multiply(a, b)).toBe(multiply(b, a));
    expect(multiply(a, b ^ c)).toBe(multiply(a, b) ^ multiply(a, c));
  });

  it('keeps blocks whose first bytes are zero', () => {
    const block = Buffer.concat([Buffer.alloc(10), Buffer.from('abcdef')]);
    expect(elementToBlock(blockToElement(block))).toEqual(block);
  });
});

describe('a salamander', () => {
  it.each([0, 1, 16, 33])('opens under both keys, with %i bytes of authenticated data', (length) => {
    const data = randomBytes(length);
    const inputs = [1, 2].map(() => ({ key: randomBytes(32), nonce: randomBytes(12) }));
    const [first, second] = inputs as [(typeof inputs)[0], (typeof inputs)[0]];
    const forged = salamander(first, second, data);
    const plaintexts = inputs.map(({ key, nonce }) => {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
      decipher.setAAD(data).setAuthTag(forged.subarray(16));
      return Buffer.concat([decipher.update(forged.subarray(0, 16)), decipher.final()]);
    });
    expect(plaintexts[0]).not.toEqual(plaintexts[1]);
  });
});
