import { describe, expect, it } from 'vitest';
import { isCloseable, isCrypterer, isKeyLoader, isSyncCrypterer } from '../src/capabilities.js';
import { createAsyncCrypterer, createLoadingCrypterer, createSyncCrypterer } from './crypterers.js';

describe('the capabilities of a crypterer', () => {
  it('are found by its methods', () => {
    const found = [createSyncCrypterer(), createAsyncCrypterer(), createLoadingCrypterer()].map((crypterer) => [
      isCrypterer(crypterer),
      isSyncCrypterer(crypterer),
      isKeyLoader(crypterer),
      isCloseable(crypterer),
    ]);
    expect(found).toEqual([
      [true, true, false, true],
      [true, false, false, true],
      [true, true, true, true],
    ]);
  });

  it('are also those of an object by hand, and of a function with the methods', () => {
    const methods = { scheme: 'by-hand', encrypt: () => undefined, decrypt: () => undefined };
    expect(isCrypterer(methods)).toBe(true);
    expect(isCrypterer(Object.assign(() => undefined, methods))).toBe(true);
    expect(isCloseable(methods)).toBe(false);
  });

  it.each([[null], [undefined], ['aes'], [5], [{}], [Promise.resolve()], [{ encrypt() {}, decrypt() {} }]])(
    'are none in %s',
    (value) => {
      expect([isCrypterer, isSyncCrypterer, isKeyLoader, isCloseable].map((is) => is(value))).toEqual(
        Array(4).fill(false),
      );
    },
  );
});
