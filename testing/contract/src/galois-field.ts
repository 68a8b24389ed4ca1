/// <reference types="node" preserve="true" />

/** GF(2^128) as GCM writes it: the first bit of a block is the coefficient of x^0. Addition is XOR. */

const REDUCTION = 0xe1n << 120n;

/** The block as a number, its first byte the highest. */
export function blockToElement(block: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(block).toString('hex')}`);
}

export function elementToBlock(element: bigint): Buffer {
  return Buffer.from(element.toString(16).padStart(32, '0'), 'hex');
}

export function multiply(one: bigint, other: bigint): bigint {
  let product = 0n;
  let shifted = one;
  for (let bit = 127n; bit >= 0n; bit--) {
    if ((other >> bit) & 1n) product ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ REDUCTION : shifted >> 1n;
  }
  return product;
}

/** The element that times this one is 1: its power 2^128 - 2. */
export function invert(element: bigint): bigint {
  if (element === 0n) throw new Error('zero has no inverse');
  let result = 1n << 127n; // the element 1
  let square = element;
  for (let i = 1; i < 128; i++) {
    square = multiply(square, square);
    result = multiply(result, square);
  }
  return result;
}
