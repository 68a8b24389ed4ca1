import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { DataKey } from '../src/data-key.js';
import { DerivedKeyCache } from '../src/derived-key-cache.js';
import { encodeContext } from '../src/encryption-context.js';
import { encodeFrameHeader, parseFrame } from '../src/frame.js';
import { SUITES, type Suite } from '../src/suite.js';
import { codeOf, errorOf } from './code-of.js';

const SUITE_NAMES: readonly Suite[] = ['aes-256-gcm', 'xaes-256-gcm'];
const DEK = Buffer.from(Array.from({ length: 32 }, (_, i) => i + 1));
const NO_CONTEXT = encodeContext(undefined);
const HEADERS = {
  'aes-256-gcm': encodeFrameHeader('aes-256-gcm', { kind: 1, id: 1 }),
  'xaes-256-gcm': encodeFrameHeader('xaes-256-gcm', { kind: 1, id: 1 }),
} as const;

function open(key: DataKey, frame: Buffer, context = NO_CONTEXT): Buffer {
  return key.open(frame, parseFrame(frame), context);
}

describe.each(SUITE_NAMES)('a data key with %s', (suite) => {
  const header = HEADERS[suite];
  const { nonceLength } = SUITES[suite];

  it('opens what it sealed, and what another object of the same key sealed', () => {
    for (const length of [0, 1, 15, 16, 17, 100, 70_000]) {
      const plaintext = Buffer.alloc(length, 'plaintext');
      const frame = new DataKey(DEK).seal(plaintext, header, NO_CONTEXT);
      expect(frame.length).toBe(header.length + nonceLength + length + 16);
      expect(open(new DataKey(DEK), frame)).toEqual(plaintext);
    }
  });

  it('refuses what another key, header or context belongs to', async () => {
    const frame = new DataKey(DEK).seal(Buffer.from('x'), header, encodeContext({ c: 'ssn' }));
    const right = encodeContext({ c: 'ssn' });
    const renamed = Buffer.from(frame);
    renamed[7] = 2;
    expect(open(new DataKey(DEK), frame, right)).toEqual(Buffer.from('x'));
    expect(await codeOf(() => open(new DataKey(Buffer.alloc(32, 9)), frame, right))).toBe('AUTH_FAILED');
    expect(await codeOf(() => open(new DataKey(DEK), renamed, right))).toBe('AUTH_FAILED');
    expect(await codeOf(() => open(new DataKey(DEK), frame))).toBe('AUTH_FAILED');
  });

  it('keeps values apart that differ in header length or context only, one after the other', async () => {
    const key = new DataKey(DEK);
    const [c, d] = [encodeContext({ c: 'x' }), encodeContext({ d: 'x' })];
    const fingerprintHeader = encodeFrameHeader(suite, { kind: 2, fingerprint: key.fingerprint });
    const frames = [header, fingerprintHeader].flatMap((h) =>
      [c, d].map((context) => key.seal(Buffer.from('x'), h, context)),
    );
    for (const [i, frame] of frames.entries()) {
      expect(open(key, frame, i % 2 === 0 ? c : d).toString()).toBe('x');
      expect(await codeOf(() => open(key, frame, i % 2 === 0 ? d : c))).toBe('AUTH_FAILED');
    }
  });

  it('opens values in any order, again and again, as their keys come from memory or are derived', () => {
    const writers = [1, 2, 3].map(() => new DataKey(DEK));
    const reader = new DataKey(DEK);
    const frames = writers.map((writer, i) => writer.seal(Buffer.from(`value ${i}`), header, NO_CONTEXT));
    for (const i of [0, 1, 0, 0, 1, 1, 2, 0, 2, 2, 1]) {
      expect(open(reader, frames[i] as Buffer).toString()).toBe(`value ${i}`);
    }
  });

  it('counts values and bytes, and refuses the one past the hard limit', async () => {
    const parameters = SUITES[suite] as { maxValues: number };
    const before = parameters.maxValues;
    expect(before).toBe(suite === 'aes-256-gcm' ? 2 ** 32 : 2 ** 41);
    parameters.maxValues = 3;
    try {
      const key = new DataKey(DEK);
      for (let i = 1; i <= 3; i++) {
        key.seal(Buffer.alloc(10), header, NO_CONTEXT);
        expect([key.sealedValues, key.sealedBytes]).toEqual([i, 10 * i]);
      }
      const error = await errorOf(() => key.seal(Buffer.alloc(10), header, NO_CONTEXT));
      expect(error).toMatchObject({ code: 'DEK_EXHAUSTED', retryable: true, keyRef: key.fingerprint.toString('hex') });
      expect(key.sealedValues).toBe(3);
    } finally {
      parameters.maxValues = before;
    }
  });

  it('refuses a plaintext that no frame can hold, and takes no count of it', async () => {
    const key = new DataKey(DEK);
    // Memory that is never touched costs nothing.
    const plaintext = Buffer.allocUnsafeSlow(2 ** 31 - header.length - nonceLength - 16);
    expect(await codeOf(() => key.seal(plaintext, header, NO_CONTEXT))).toBe('PLAINTEXT_TOO_LARGE');
    expect(key.sealedValues).toBe(0);
  });
});

describe('the nonces of a data key', () => {
  const taken = (frame: Buffer, suite: Suite) => frame.toString('latin1', 8, 8 + SUITES[suite].nonceLength);

  it('do not repeat in a million values', { timeout: 120_000 }, () => {
    const key = new DataKey(DEK);
    const nonces = new Set<string>();
    for (let i = 0; i < 1_000_000; i++) {
      const suite = SUITE_NAMES[i & 1] as Suite;
      nonces.add(taken(key.seal(NO_CONTEXT, HEADERS[suite], NO_CONTEXT), suite));
    }
    expect(nonces.size).toBe(1_000_000);
  });

  it('keep their first half in one object, and have another in the next', () => {
    const prefixes = [new DataKey(DEK), new DataKey(DEK)].map((key) => {
      const frames = Array.from({ length: 50 }, () => key.seal(NO_CONTEXT, HEADERS['xaes-256-gcm'], NO_CONTEXT));
      const distinct = new Set(frames.map((frame) => taken(frame, 'xaes-256-gcm').slice(0, 12)));
      expect(distinct.size).toBe(1);
      return [...distinct][0];
    });
    expect(prefixes[0]).not.toBe(prefixes[1]);
  });
});

describe('frames of the Go library', () => {
  it('are sealed and opened under the key itself', async () => {
    const key = new DataKey(DEK);
    const wrapped = Buffer.from([3, 1, 2, 3]);
    const frame = key.sealGo(Buffer.from('go'), wrapped);
    expect(frame.subarray(0, 4)).toEqual(wrapped);
    expect(frame.length).toBe(4 + 12 + 2 + 16);
    expect(key.openGo(frame, 4).toString()).toBe('go');
    expect(key.sealedValues).toBe(1);
    expect(await codeOf(() => key.openGo(frame, 3))).toBe('AUTH_FAILED');
    for (let length = 0; length < frame.length; length++) {
      expect(await codeOf(() => key.openGo(frame.subarray(0, length), 4))).toBe('AUTH_FAILED');
    }
  });

  it('end at the hard limit of AES-256-GCM', async () => {
    const parameters = SUITES['aes-256-gcm'] as { maxValues: number };
    const before = parameters.maxValues;
    parameters.maxValues = 1;
    try {
      const key = new DataKey(DEK);
      key.sealGo(Buffer.alloc(0), Buffer.alloc(0));
      expect(await codeOf(() => key.sealGo(Buffer.alloc(0), Buffer.alloc(0)))).toBe('DEK_EXHAUSTED');
    } finally {
      parameters.maxValues = before;
    }
    const tooLong = Buffer.allocUnsafeSlow(2 ** 31 - 28);
    expect(await codeOf(() => new DataKey(DEK).sealGo(tooLong, Buffer.alloc(0)))).toBe('PLAINTEXT_TOO_LARGE');
    expect(await codeOf(() => new DataKey(DEK).openGo(Buffer.allocUnsafeSlow(2 ** 31), 0))).toBe('AUTH_FAILED');
  });
});

describe('a data key', () => {
  it('copies its bytes, so that the caller may zero its own', () => {
    const bytes = Buffer.from(DEK);
    const key = new DataKey(bytes);
    bytes.fill(0);
    expect(key.fingerprint).toEqual(new DataKey(DEK).fingerprint);
  });

  it.each([
    ['31 bytes', Buffer.alloc(31)],
    ['33 bytes', Buffer.alloc(33)],
    ['none', Buffer.alloc(0)],
    ['text', 'x'.repeat(32)],
    ['nothing', undefined],
    ['null', null],
    ['an array', Array.from(DEK)],
  ])('is not made of %s', async (_what, bytes) => {
    const error = await errorOf(() => new DataKey(bytes as Uint8Array));
    expect(error.code).toBe('CONFIG');
    expect(error.message).not.toContain('xxx');
  });

  it('shows its fingerprint and nothing of the key', () => {
    const key = new DataKey(DEK);
    key.seal(Buffer.from('x'), HEADERS['xaes-256-gcm'], NO_CONTEXT);
    const shown = inspect(key, { showHidden: true, depth: 10 }) + JSON.stringify(key);
    expect(shown).toContain(key.fingerprint.toString('hex'));
    expect(shown.replaceAll(/\s/g, '')).not.toContain(DEK.toString('hex', 0, 8));
    expect(key.hasFingerprint(key.fingerprint)).toBe(true);
    expect(key.hasFingerprint(Buffer.alloc(16))).toBe(false);
    expect(key.hasFingerprint(key.fingerprint.subarray(0, 15))).toBe(false);
    expect(key.hasFingerprint(Buffer.concat([key.fingerprint, Buffer.alloc(1)]))).toBe(false);
  });

  it('gives a fingerprint that the caller may change without harm', () => {
    const key = new DataKey(DEK);
    key.fingerprint.fill(0);
    expect(key.hasFingerprint(new DataKey(DEK).fingerprint)).toBe(true);
  });

  it('refuses a header without a suite', async () => {
    expect(await codeOf(() => new DataKey(DEK).seal(Buffer.alloc(1), Buffer.alloc(8), NO_CONTEXT))).toBe('CONFIG');
  });

  it('shares derived keys with other data keys of a crypterer without mixing them up', () => {
    const cache = new DerivedKeyCache();
    const keys = [1, 2, 3].map((fill) => new DataKey(Buffer.alloc(32, fill), cache));
    const frames = keys.map((key, i) => key.seal(Buffer.from(`key ${i}`), HEADERS['xaes-256-gcm'], NO_CONTEXT));
    for (let round = 0; round < 3; round++) {
      for (const [i, key] of keys.entries()) expect(open(key, frames[i] as Buffer).toString()).toBe(`key ${i}`);
    }
  });
});

it('a data key of 32 zeros, which everybody knows, is refused', async () => {
  expect(await codeOf(() => new DataKey(new Uint8Array(32)))).toBe('CONFIG');
});
