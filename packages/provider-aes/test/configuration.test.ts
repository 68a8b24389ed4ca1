import { createSecretKey } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type AesCryptererOptions,
  createAesCrypterer,
  generateKey,
  getCrypterer,
  init,
  shutdown,
} from '../src/index.js';
import { errorOf } from './error-of.js';

afterEach(() => shutdown());

const [key, previousKey, otherKey] = [generateKey(), generateKey(), generateKey()];
const options = { key, decryptKeys: [previousKey], suite: 'aes-256-gcm', goFrames: 'read' } as const;

describe('init with a second crypterer', () => {
  it.each<[string, AesCryptererOptions]>([
    ['the same options', options],
    ['its key as a KeyObject', { ...options, key: createSecretKey(key) }],
    ['a key that is given twice', { ...options, decryptKeys: [previousKey, key] }],
  ])('keeps the first where the second has %s', (_what, equal) => {
    const first = createAesCrypterer(options);
    init(first);
    init(createAesCrypterer(equal));
    expect(getCrypterer()).toBe(first);
  });

  it.each<[string, AesCryptererOptions]>([
    ['another key', { ...options, key: otherKey }],
    ['another id for its key', { ...options, key: { id: 7, key } }],
    ['other keys to read with', { ...options, decryptKeys: [otherKey] }],
    ['fewer keys to read with', { ...options, decryptKeys: [] }],
    ['another suite', { ...options, suite: 'xaes-256-gcm' }],
    ['another way with Go frames', { ...options, goFrames: 'reject' }],
  ])('refuses one with %s', async (_what, other) => {
    init(createAesCrypterer(options));
    const error = await errorOf(() => init(createAesCrypterer(other)));
    expect(error.code).toBe('ALREADY_INITIALIZED');
  });
});
