import { describe, expect, it } from 'vitest';
import { DataKey } from '../src/data-key.js';
import { encodeContext } from '../src/encryption-context.js';
import { encodeFrameHeader } from '../src/frame.js';
import { SUITES } from '../src/suite.js';
import { codeOf } from './code-of.js';

const DEK = Buffer.alloc(32, 1);
const HEADER = encodeFrameHeader('aes-256-gcm', { kind: 1, id: 1 });
const OVERHEAD = HEADER.length + 12 + 16;

/** With a key that is spent, `DEK_EXHAUSTED` says that the size was not refused, without gigabytes being encrypted. */
async function codeUnderSpentKey(seal: (key: DataKey) => unknown): Promise<string> {
  const suite = SUITES['aes-256-gcm'] as { maxValues: number };
  const { maxValues } = suite;
  suite.maxValues = 0;
  try {
    return await codeOf(() => seal(new DataKey(DEK)));
  } finally {
    suite.maxValues = maxValues;
  }
}

describe('the largest value', () => {
  const largest = 2 ** 31 - 1;
  const bytes = Buffer.allocUnsafeSlow(largest);

  it('makes a frame of 2^31 - 1 bytes', async () => {
    const seal = (length: number) => (key: DataKey) =>
      key.seal(bytes.subarray(0, length), HEADER, encodeContext(undefined));
    expect(await codeUnderSpentKey(seal(largest - OVERHEAD))).toBe('DEK_EXHAUSTED');
    expect(await codeUnderSpentKey(seal(largest - OVERHEAD + 1))).toBe('PLAINTEXT_TOO_LARGE');
  });

  it('makes a frame of the Go library of 2^31 - 1 bytes', async () => {
    const wrapped = Buffer.alloc(100);
    const seal = (length: number) => (key: DataKey) => key.sealGo(bytes.subarray(0, length), wrapped);
    expect(await codeUnderSpentKey(seal(largest - 128))).toBe('DEK_EXHAUSTED');
    expect(await codeUnderSpentKey(seal(largest - 127))).toBe('PLAINTEXT_TOO_LARGE');
  });
});

describe('the smallest value of the Go library', () => {
  it('has nonce and tag alone', () => {
    const key = new DataKey(DEK);
    const frame = key.sealGo(Buffer.alloc(0), Buffer.alloc(5));
    expect(frame.length).toBe(5 + 28);
    expect(key.openGo(frame, 5)).toEqual(Buffer.alloc(0));
  });

  it('does not authenticate where it is said to begin behind its end', async () => {
    expect(await codeOf(() => new DataKey(DEK).openGo(Buffer.alloc(40), 100))).toBe('AUTH_FAILED');
  });
});

describe('a value longer than any that can be written', () => {
  it('does not authenticate, and no cipher is troubled with it', async () => {
    const bytes = Buffer.allocUnsafeSlow(2 ** 31 + 100);
    expect(await codeOf(() => new DataKey(DEK).openGo(bytes, 0))).toBe('AUTH_FAILED');
  });
});

describe('a plaintext that claims another length than it has', () => {
  it('is sealed as long as its memory is', () => {
    const plaintext = Object.defineProperty(Buffer.alloc(4), 'length', { value: 5 });
    const honest = new DataKey(DEK).seal(Buffer.alloc(4), HEADER, encodeContext(undefined));
    expect(new DataKey(DEK).seal(plaintext, HEADER, encodeContext(undefined)).length).toBe(honest.length);
  });
});

describe('a data key with zeros and one other byte', () => {
  it('is a key like any other', () => {
    const [key, other] = [0, 31].map((at) => new DataKey(Buffer.alloc(32).fill(1, at, at + 1)));
    const frame = key?.sealGo(Buffer.from('value'), Buffer.alloc(0));
    expect(key?.openGo(frame as Buffer, 0).toString()).toBe('value');
    expect(key?.hasFingerprint(other?.fingerprint as Buffer)).toBe(false);
  });
});
