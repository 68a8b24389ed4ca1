import { describe, expect, it } from 'vitest';
import { DataKey } from '../src/data-key.js';
import { encodeContext } from '../src/encryption-context.js';
import { encodeFrameHeader, type KeyReference, parseFrame } from '../src/frame.js';
import { checkSuite, SUITES } from '../src/suite.js';
import { errorOf } from './code-of.js';

type Case = readonly [what: string, call: () => unknown, code: string, says: readonly string[]];

const DEK = Buffer.alloc(32, 1);
const NO_CONTEXT = encodeContext(undefined);
const HEADER = encodeFrameHeader('aes-256-gcm', { kind: 1, id: 1 });

const parse = (hex: string, length = hex.length / 2) => parseFrame(Buffer.concat([Buffer.from(hex, 'hex')], length));
const header = (key: KeyReference) => encodeFrameHeader('xaes-256-gcm', key);
const context = (value: unknown) => encodeContext(value as never);
const fingerprint = '00'.repeat(16);
const kind3 = { kind: 3, fingerprint: Buffer.alloc(16), provider: 2, wrapped: Buffer.alloc(1) } as const;

/** What was given, what was expected, and what to do: the words of each error that a reader needs. */
const CASES: readonly Case[] = [
  ['no frame', () => parse('31'), 'FRAME_UNKNOWN', ['not a sqlcrypter frame', 'plaintext', 'that encrypt() returned']],
  ['a cut start', () => parse('00c7'), 'FRAME_TRUNCATED', ['cut off', '2 bytes', 'at least 4', 'the whole value']],
  ['a cut value under an id', () => parse('00c71101', 35), 'FRAME_TRUNCATED', ['35 bytes', 'at least 36']],
  ['a cut value under a fingerprint', () => parse('00c71202', 59), 'FRAME_TRUNCATED', ['59 bytes', 'at least 60']],
  ['a cut value under a wrapped key', () => parse('00c71203', 62), 'FRAME_TRUNCATED', ['62 bytes', 'at least 63']],
  [
    'a cut wrapped key',
    () => parse(`00c71203${fingerprint}020100`, 318),
    'FRAME_TRUNCATED',
    ['318 bytes', 'at least 319'],
  ],
  ['another version', () => parse('00c72101', 100), 'FRAME_UNSUPPORTED', ['version 2,', 'newer version', 'changed']],
  ['another suite', () => parse('00c71501', 100), 'FRAME_UNSUPPORTED', ['suite 5,', 'does not read']],
  ['reserved bits', () => parse('00c71109', 100), 'FRAME_UNSUPPORTED', ['reserved bits set']],
  ['another kind', () => parse('00c71107', 100), 'FRAME_UNSUPPORTED', ['key reference kind 7']],
  [
    'an empty wrapped key in the shortest frame',
    () => parse(`00c71203${fingerprint}020000`, 63),
    'FRAME_UNSUPPORTED',
    ['a wrapped key of no bytes'],
  ],
  [
    'a value too long',
    () => parseFrame(tooLong()),
    'FRAME_UNSUPPORTED',
    ['2147483648 bytes', 'more than any frame has'],
  ],
  ['a key id', () => header({ kind: 1, id: -1 }), 'CONFIG', ['cannot carry key id -1', 'from 0 to 4294967295']],
  [
    'a fingerprint',
    () => header({ kind: 2, fingerprint: Buffer.alloc(3) }),
    'CONFIG',
    ['a fingerprint of 3 bytes', 'expected 16 bytes'],
  ],
  ['a provider', () => header({ ...kind3, provider: 256 }), 'CONFIG', ['provider number 256', 'from 1 to 255']],
  [
    'a wrapped key',
    () => header({ ...kind3, wrapped: Buffer.alloc(65_536) }),
    'CONFIG',
    ['a wrapped key of 65536 bytes', '1 to 65535 bytes'],
  ],
  [
    'a context of another type',
    () => context([]),
    'CONTEXT_INVALID',
    ['is not a plain object', "{ c: 'employee.ssn' }"],
  ],
  ['a name', () => context({ C: '' }), 'CONTEXT_INVALID', ['a name that is not allowed', '[a-z][a-z0-9_.-]{0,63}']],
  ['null as value', () => context({ c: null }), 'CONTEXT_INVALID', ['of type null in "c"', 'a string or a Uint8Array']],
  ['a number as value', () => context({ c: 1 }), 'CONTEXT_INVALID', ['of type number in "c"']],
  [
    'a lone surrogate',
    () => context({ c: '\ud800' }),
    'CONTEXT_INVALID',
    ['lone surrogate in "c"', 'well-formed string'],
  ],
  [
    'a long value',
    () => context({ c: Buffer.alloc(2 ** 24 + 1) }),
    'CONTEXT_INVALID',
    ['16777217 bytes in "c"', 'at most 16777216 bytes'],
  ],
  [
    'many names',
    () => context(Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`n${i}`, '']))),
    'CONTEXT_INVALID',
    ['has 65 names', 'at most 64'],
  ],
  ['a short key', () => new DataKey(Buffer.alloc(31)), 'CONFIG', ['made from 31 bytes', 'a Uint8Array of 32 bytes']],
  ['a key of zeros', () => new DataKey(Buffer.alloc(32)), 'CONFIG', ['32 zero bytes', 'wiped before its use']],
  ['no key', () => new DataKey('key' as never), 'CONFIG', ['a value of type string']],
  ['a header without a suite', () => seal(Buffer.from('00c71001', 'hex')), 'CONFIG', ['without a suite']],
  ['a spent key', sealPastTheLimit, 'DEK_EXHAUSTED', ['encrypted 0 values', 'Rotate to a new key']],
  [
    'a changed value',
    () => new DataKey(DEK).openGo(Buffer.alloc(28), 0),
    'AUTH_FAILED',
    ['does not authenticate', 'not the one it was encrypted with', 'Check table, column, row and tenant'],
  ],
  [
    'a long plaintext',
    () => new DataKey(DEK).seal(tooLong(), HEADER, NO_CONTEXT),
    'PLAINTEXT_TOO_LARGE',
    ['has 2147483648 bytes', 'more than a frame can hold', 'Store it in parts'],
  ],
  ['a suite', () => checkSuite('aes' as never), 'CONFIG', ["'xaes-256-gcm' (the default)", "'aes-256-gcm'"]],
];

/** Memory that is never touched costs nothing. */
function tooLong(): Buffer {
  const bytes = Buffer.allocUnsafeSlow(2 ** 31);
  HEADER.copy(bytes);
  return bytes;
}

function seal(frameHeader: Buffer): Buffer {
  return new DataKey(DEK).seal(Buffer.alloc(0), frameHeader, NO_CONTEXT);
}

function sealPastTheLimit(): void {
  const suite = SUITES['aes-256-gcm'] as { maxValues: number };
  const { maxValues } = suite;
  suite.maxValues = 0;
  try {
    seal(HEADER);
  } finally {
    suite.maxValues = maxValues;
  }
}

describe('an error', () => {
  it.each(CASES)('about %s says what it was, what was expected and what to do', async (_what, call, code, says) => {
    const error = await errorOf(call);
    expect(error.code).toBe(code);
    for (const words of says) expect(error.message).toContain(words);
  });
});
