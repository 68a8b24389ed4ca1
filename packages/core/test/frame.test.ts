import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrameHeader, type KeyReference, looksLikeFrame, parseFrame } from '../src/frame.js';
import { SUITES, type Suite } from '../src/suite.js';
import { codeOf, errorOf } from './code-of.js';

const fingerprints = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes));
const wrappedKeys = fc.uint8Array({ minLength: 1, maxLength: 400 }).map((bytes) => Buffer.from(bytes));
const references: fc.Arbitrary<KeyReference> = fc.oneof(
  fc.record({ kind: fc.constant(1 as const), id: fc.integer({ min: 0, max: 0xffff_ffff }) }),
  fc.record({ kind: fc.constant(2 as const), fingerprint: fingerprints }),
  fc.record({
    kind: fc.constant(3 as const),
    fingerprint: fingerprints,
    provider: fc.integer({ min: 1, max: 255 }),
    wrapped: wrappedKeys,
  }),
);
const suites = fc.constantFrom<Suite>('aes-256-gcm', 'xaes-256-gcm');

describe('a frame', () => {
  it('is taken apart into what its header was made of', () => {
    fc.assert(
      fc.property(suites, references, fc.nat({ max: 40 }), (suite, key, length) => {
        const header = encodeFrameHeader(suite, key);
        const ciphertextOffset = header.length + SUITES[suite].nonceLength;
        const bytes = Buffer.concat([header, Buffer.alloc(SUITES[suite].nonceLength + length + 16, 0xee)]);
        expect(parseFrame(bytes)).toEqual({ suite, key, headerLength: header.length, ciphertextOffset });
      }),
      { seed: 4 },
    );
  });

  it('one byte shorter than header, nonce and tag is truncated, whatever names its key', async () => {
    await fc.assert(
      fc.asyncProperty(suites, references, async (suite, key) => {
        const header = encodeFrameHeader(suite, key);
        const shortest = Buffer.concat([header, Buffer.alloc(SUITES[suite].nonceLength + 16)]);
        parseFrame(shortest);
        expect(await codeOf(() => parseFrame(shortest.subarray(0, -1)))).toBe('FRAME_TRUNCATED');
      }),
      { seed: 5 },
    );
  });

  it('carries a wrapped key of up to 65,535 bytes', () => {
    const wrapped = Buffer.alloc(0xffff, 7);
    const header = encodeFrameHeader('aes-256-gcm', { kind: 3, fingerprint: Buffer.alloc(16), provider: 255, wrapped });
    const { key } = parseFrame(Buffer.concat([header, Buffer.alloc(28)]));
    expect(key.kind === 3 && key.wrapped.equals(wrapped)).toBe(true);
  });

  it('has views of its bytes, not copies', () => {
    const bytes = Buffer.concat([
      encodeFrameHeader('aes-256-gcm', { kind: 2, fingerprint: Buffer.alloc(16) }),
      Buffer.alloc(28),
    ]);
    const { key } = parseFrame(bytes);
    bytes[4] = 0xff;
    expect(key).toMatchObject({ kind: 2, fingerprint: bytes.subarray(4, 20) });
  });

  it('longer than any that can be written is unsupported', async () => {
    // Memory that is never touched costs nothing.
    const bytes = Buffer.allocUnsafeSlow(2 ** 31);
    encodeFrameHeader('aes-256-gcm', { kind: 1, id: 1 }).copy(bytes);
    expect(await codeOf(() => parseFrame(bytes))).toBe('FRAME_UNSUPPORTED');
    expect(parseFrame(bytes.subarray(0, -1)).headerLength).toBe(8);
  });

  it('that is cut off tells how long it is and how long it must be', async () => {
    const { message } = await errorOf(() => parseFrame(Buffer.from('00c71201', 'hex')));
    expect(message).toContain('4 bytes');
    expect(message).toContain('48');
  });
});

describe('a header', () => {
  const fingerprint = Buffer.alloc(16);
  const wrapped = Buffer.alloc(1);
  const wrong: readonly [string, KeyReference][] = [
    ['a negative id', { kind: 1, id: -1 }],
    ['an id of 33 bits', { kind: 1, id: 2 ** 32 }],
    ['a fraction as id', { kind: 1, id: 1.5 }],
    ['no number as id', { kind: 1, id: Number.NaN }],
    ['a short fingerprint', { kind: 2, fingerprint: Buffer.alloc(15) }],
    ['a long fingerprint', { kind: 3, fingerprint: Buffer.alloc(17), provider: 2, wrapped }],
    ['provider 0', { kind: 3, fingerprint, provider: 0, wrapped }],
    ['provider 256', { kind: 3, fingerprint, provider: 256, wrapped }],
    ['an empty wrapped key', { kind: 3, fingerprint, provider: 2, wrapped: Buffer.alloc(0) }],
    ['a wrapped key of 65,536 bytes', { kind: 3, fingerprint, provider: 2, wrapped: Buffer.alloc(65_536) }],
  ];

  it.each(wrong)('cannot be made of %s', async (_what, key) => {
    expect(await codeOf(() => encodeFrameHeader('xaes-256-gcm', key))).toBe('CONFIG');
  });
});

describe('looksLikeFrame', () => {
  it('knows the first two bytes, which no text has', () => {
    expect(looksLikeFrame(Buffer.from([0, 0xc7]))).toBe(true);
    for (const other of [[], [0], [0, 0xc6], [1, 0xc7], [0xc7, 0]])
      expect(looksLikeFrame(Buffer.from(other))).toBe(false);
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.of(0, 0xc7, 0x11))).toThrow();
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.of(0, 0xc7, 0x12))).toThrow();
  });
});
