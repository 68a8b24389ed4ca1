// Makes frame-v1.json: known answers and malformed values of ciphertext frame v1.
//
//   node make-frame-v1.mjs            writes frame-v1.json beside this file
//   node make-frame-v1.mjs --print    prints it instead
//
// It shares no code with the packages: the format is written here a second time with node:crypto alone, so that a
// mistake in one of the two shows. It is deterministic. Cases are only ever appended: a released case never changes.
import { writeFileSync } from 'node:fs';
import {
  bytes,
  counting,
  encodeContext,
  extendedNonceKey,
  headerOf,
  hex,
  hkdf,
  SUITES,
  seal,
  u16,
  u32,
  utf8,
  xaesGcm,
} from './independent-format.mjs';

const DEK = counting(0, 32);
const COMMITMENT = hkdf(DEK, 'commit');
const FINGERPRINT = COMMITMENT.subarray(0, 16);
const WRAPPED = counting(0xa0, 16);
const CONTEXT = { c: 'ssn', t: 'employee' };
const HELLO = utf8('Hello World');

const id = (number) => bytes(1, u32(number));
const fingerprint = bytes(2, FINGERPRINT);
const wrapped = (blob, provider = 2) => bytes(3, FINGERPRINT, provider, u16(blob.length), blob);

function frame(name, { suite, reference, plaintext = HELLO, context = CONTEXT, nonceFrom = 0x40 }) {
  const nonce = counting(nonceFrom, SUITES[suite].nonce);
  const header = headerOf(suite, reference);
  return {
    name,
    suite,
    kind: reference[0],
    context,
    plaintext: plaintext.toString('hex'),
    header: header.toString('hex'),
    ciphertext: seal(DEK, suite, header, nonce, plaintext, context).toString('hex'),
  };
}

const X = 'xaes-256-gcm';
const G = 'aes-256-gcm';

const frames = [
  frame('G, kind 1', { suite: G, reference: id(0x01020304) }),
  frame('X, kind 1', { suite: X, reference: id(0x01020304) }),
  frame('X, kind 2', { suite: X, reference: fingerprint }),
  frame('X, kind 3, provider 2', { suite: X, reference: wrapped(WRAPPED) }),
  frame('X, kind 1, empty plaintext, no context', {
    suite: X,
    reference: id(1),
    plaintext: Buffer.alloc(0),
    context: {},
  }),
  frame('G, kind 2', { suite: G, reference: fingerprint }),
  frame('G, kind 3, provider 2', { suite: G, reference: wrapped(WRAPPED) }),
  frame('G, kind 1, empty plaintext, no context', {
    suite: G,
    reference: id(1),
    plaintext: Buffer.alloc(0),
    context: {},
  }),
  frame('X, kind 1, the lowest id', { suite: X, reference: id(0) }),
  frame('X, kind 1, the highest id', { suite: X, reference: id(0xffffffff) }),
  frame('X, kind 3, a wrapped key of one byte', { suite: X, reference: wrapped(Buffer.from([0xa0])) }),
  frame('X, kind 3, a wrapped key of 256 bytes', { suite: X, reference: wrapped(counting(0, 256)) }),
  frame('X, kind 3, the highest provider number', { suite: X, reference: wrapped(WRAPPED, 255) }),
  frame('X, kind 1, one block', { suite: X, reference: id(0x01020304), plaintext: counting(0, 16) }),
  frame('G, kind 1, one block and a byte', { suite: G, reference: id(0x01020304), plaintext: counting(0, 17) }),
  frame('X, kind 1, a context of bytes', {
    suite: X,
    reference: id(0x01020304),
    context: { r: { hex: '00ff80' }, c: 'ssn' },
  }),
  frame('X, kind 1, a context beyond ASCII', { suite: X, reference: id(0x01020304), context: { c: 'é€𐀀' } }),
  frame('X, kind 1, another nonce prefix', { suite: X, reference: id(0x01020304), nonceFrom: 0x80 }),
];

const contexts = [
  ['no names', {}],
  ['two names', CONTEXT],
  ['two names in another order', { t: 'employee', c: 'ssn' }],
  ['an empty value', { c: '' }],
  [
    'a value that looks like the next entry',
    { c: { hex: '7373 6e00 0174 0000 0008 656d 706c 6f79 6565'.replaceAll(' ', '') } },
  ],
  ['bytes', { c: { hex: '00ff' } }],
  ['text beyond ASCII', { c: 'é€𐀀' }],
  ['names sorted by bytes: - . 0 _ a', { ca: '', c_: '', c0: '', 'c.': '', 'c-': '' }],
  ['a name that begins another', { ab: '1', a: '2' }],
  ['the longest name', { [`c${'_'.repeat(63)}`]: 'x' }],
  ['numbers in names, sorted as text', { a2: '', a10: '', a1: '' }],
  ['a value of white space and U+0000', { c: ' \u0000\n' }],
  ['é as one code point', { c: '\u00e9' }],
  ['é as e and an accent', { c: 'e\u0301' }],
  ['64 names', Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`n${i}`, String(i)]))],
].map(([name, context]) => ({ name, context, encoded: encodeContext(context).toString('hex') }));

// Each malformed value is a genuine one with a single fault. `code` is what a crypterer answers that has the data key
// under id 01020304 and by its fingerprint, and for which provider 2 unwraps the 16 bytes a0…af to it. `bytesAlone`:
// the bytes themselves show the fault, so every crypterer answers alike, whatever keys it has.
const malformed = [];

function fault(name, comment, code, ciphertext, { context = CONTEXT, bytesAlone = code.startsWith('FRAME_') } = {}) {
  malformed.push({ name, comment, code, bytesAlone, context, ciphertext: ciphertext.toString('hex') });
}

const genuine = Object.fromEntries(frames.map(({ name, ciphertext }) => [name, hex(ciphertext)]));
const x1 = genuine['X, kind 1'];
const g1 = genuine['G, kind 1'];
const x2 = genuine['X, kind 2'];
const x3 = genuine['X, kind 3, provider 2'];
const unbound = seal(DEK, X, headerOf(X, id(0x01020304)), counting(0x40, 24), HELLO, {});

function changed(original, offset, value) {
  const copy = Buffer.from(original);
  copy[offset] = value;
  return copy;
}

const flipped = (original, offset) => changed(original, offset, original[offset] ^ 1);

fault('nothing', 'An empty value is no frame.', 'FRAME_UNKNOWN', Buffer.alloc(0));
fault('text', 'Plaintext from before the encryption.', 'FRAME_UNKNOWN', utf8('999-00-1337'));
fault('first byte', 'The first byte is 01 instead of 00.', 'FRAME_UNKNOWN', changed(x1, 0, 1));
fault('second byte', 'The second byte is C6 instead of C7.', 'FRAME_UNKNOWN', changed(x1, 1, 0xc6));
fault('hex text', 'The frame as hexadecimal text.', 'FRAME_UNKNOWN', utf8(`\\x${x1.toString('hex')}`));
fault('first byte missing', 'The frame without its first byte.', 'FRAME_UNKNOWN', x1.subarray(1));
fault('a byte in front', 'One byte stands before the frame.', 'FRAME_UNKNOWN', bytes(0x20, x1));
for (const version of [0, 2, 15]) {
  fault(`version ${version}`, 'Only version 1 exists.', 'FRAME_UNSUPPORTED', changed(x1, 2, (version << 4) | 2));
}
for (const suite of [0, 3, 15]) {
  fault(`suite ${suite}`, 'Suites 1 and 2 exist.', 'FRAME_UNSUPPORTED', changed(x1, 2, 0x10 | suite));
}
for (const kind of [0, 4, 5, 6, 7]) {
  fault(`kind ${kind}`, 'Kinds 1, 2 and 3 exist.', 'FRAME_UNSUPPORTED', changed(x1, 3, kind));
}
for (const bit of [3, 4, 5, 6, 7]) {
  fault(`reserved bit ${bit}`, 'Bits 3 to 7 must be zero.', 'FRAME_UNSUPPORTED', changed(x1, 3, 1 | (1 << bit)));
}
for (const length of [1, 2, 3, 4, 7, 8, 19, 20, 31, 32, 47]) {
  fault(
    `X, kind 1, cut to ${length} bytes`,
    'Header, nonce and tag take 48 bytes.',
    'FRAME_TRUNCATED',
    x1.subarray(0, length),
  );
}
for (const length of [8, 20, 35]) {
  fault(
    `G, kind 1, cut to ${length} bytes`,
    'Header, nonce and tag take 36 bytes.',
    'FRAME_TRUNCATED',
    g1.subarray(0, length),
  );
}
for (const length of [4, 19, 20, 43, 59]) {
  fault(
    `X, kind 2, cut to ${length} bytes`,
    'Header, nonce and tag take 60 bytes.',
    'FRAME_TRUNCATED',
    x2.subarray(0, length),
  );
}
for (const length of [4, 19, 20, 21, 22, 23, 38, 39, 62, 63, 78]) {
  fault(
    `X, kind 3, cut to ${length} bytes`,
    'Header, nonce and tag take 79 bytes.',
    'FRAME_TRUNCATED',
    x3.subarray(0, length),
  );
}
fault(
  'wrapped length too large',
  'The wrapped key would end behind the frame.',
  'FRAME_TRUNCATED',
  changed(x3, 21, 0xff),
);
fault(
  'wrapped length one too many',
  'The wrapped key takes one byte that nonce and tag need.',
  'FRAME_TRUNCATED',
  changed(x3.subarray(0, 79), 22, 17),
);
fault('wrapped length zero', 'A wrapped key has at least one byte.', 'FRAME_UNSUPPORTED', changed(x3, 22, 0));
fault('other provider', 'Provider 3 wrapped the key, not provider 2.', 'FRAME_UNSUPPORTED', changed(x3, 20, 3), {
  bytesAlone: false,
});
fault('unknown id', 'No key has this id.', 'KEY_NOT_FOUND', flipped(x1, 7));
fault('unknown fingerprint', 'No key has this fingerprint.', 'KEY_NOT_FOUND', flipped(x2, 19));
fault(
  'fingerprint of another key',
  'The key that was unwrapped has another fingerprint.',
  'KEY_COMMITMENT',
  flipped(x3, 4),
);
fault(
  'suite exchanged, X to G',
  'The suite is authenticated, and each has keys of its own.',
  'AUTH_FAILED',
  changed(x1, 2, 0x11),
);
fault(
  'suite exchanged, G to X',
  'Too short for the nonce of the other suite.',
  'FRAME_TRUNCATED',
  changed(g1, 2, 0x12),
);
fault('nonce, first byte', 'One bit of the prefix that the key is derived from.', 'AUTH_FAILED', flipped(x1, 8));
fault('nonce, last byte', 'One bit of the nonce of AES-GCM.', 'AUTH_FAILED', flipped(x1, 31));
fault('ciphertext, first byte', 'One bit of the ciphertext.', 'AUTH_FAILED', flipped(x1, 32));
fault('ciphertext, last byte', 'One bit of the ciphertext.', 'AUTH_FAILED', flipped(x1, 42));
fault('tag, first byte', 'One bit of the tag.', 'AUTH_FAILED', flipped(x1, 43));
fault('tag, last byte', 'One bit of the tag.', 'AUTH_FAILED', flipped(x1, 58));
fault(
  'one byte short',
  'The last byte is missing; header, nonce and 16 bytes are there.',
  'AUTH_FAILED',
  x1.subarray(0, 58),
);
fault(
  'cut to the shortest frame',
  'The tag position holds the rest of the ciphertext.',
  'AUTH_FAILED',
  x1.subarray(0, 48),
);
fault('a zero appended', 'As a fixed-width column pads.', 'AUTH_FAILED', bytes(x1, 0));
fault('a space appended', 'As a fixed-width text column pads.', 'AUTH_FAILED', bytes(x1, 0x20));
fault('a byte inserted', 'Between nonce and ciphertext.', 'AUTH_FAILED', bytes(x1.subarray(0, 32), 0, x1.subarray(32)));
fault('two frames', 'One behind the other.', 'AUTH_FAILED', bytes(x1, x1));
fault('context missing', 'Encrypted with a context, read without.', 'AUTH_FAILED', x1, { context: {} });
fault('context added', 'Encrypted without a context, read with one.', 'AUTH_FAILED', unbound);
fault('context changed', 'One letter of a value.', 'AUTH_FAILED', x1, { context: { c: 'ssm', t: 'employee' } });
fault('context incomplete', 'One of two names.', 'AUTH_FAILED', x1, { context: { c: 'ssn' } });
fault('context exchanged', 'The values of the two names exchanged.', 'AUTH_FAILED', x1, {
  context: { c: 'employee', t: 'ssn' },
});
fault(
  'header of the same key',
  'Named by fingerprint where it was encrypted under the id.',
  'AUTH_FAILED',
  bytes(x2.subarray(0, 20), x1.subarray(8)),
);

// The order of the checks: what a reader answers to a value with two faults, or too short to show one.
const start = (...parts) => bytes(0x00, 0xc7, ...parts);
for (const [name, ciphertext] of [
  ['00 alone', bytes(0x00)],
  ['00 c7 alone', start()],
  ['three bytes', start(0x12)],
  ['three bytes with version 2', start(0x22)],
  ['three bytes with suite 3', start(0x13)],
  ['kind 1 without an id', start(0x12, 1)],
  ['kind 2 without a fingerprint', start(0x12, 2)],
  ['kind 3 without anything', start(0x12, 3)],
  ['unknown id, one byte too short', changed(x1, 7, 9).subarray(0, 47)],
  ['unknown fingerprint, one byte too short', flipped(x2, 19).subarray(0, 59)],
  ['other provider, one byte too short', changed(x3, 20, 3).subarray(0, 78)],
  ['fingerprint of another key, one byte too short', flipped(x3, 4).subarray(0, 78)],
  ['wrapped length zero, X, 62 bytes', changed(x3, 22, 0).subarray(0, 62)],
  ['wrapped length zero, X, 23 bytes', changed(x3, 22, 0).subarray(0, 23)],
  ['wrapped length zero, G, 50 bytes', changed(genuine['G, kind 3, provider 2'], 22, 0).subarray(0, 50)],
  ['wrapped length one, X, 63 bytes', changed(x3, 22, 1).subarray(0, 63)],
  ['wrapped length 65,535', changed(changed(x3, 21, 0xff), 22, 0xff)],
]) {
  fault(`order: ${name}`, 'Length comes before what the missing bytes would say.', 'FRAME_TRUNCATED', ciphertext);
}
for (const [name, ciphertext] of [
  ['version 2, four bytes', start(0x22, 1)],
  ['suite 3, four bytes', start(0x13, 1)],
  ['suite 0, four bytes', start(0x10, 1)],
  ['a reserved bit, four bytes', start(0x12, 0x09)],
  ['kind 0, four bytes', start(0x12, 0)],
  ['kind 4, four bytes', start(0x12, 4)],
  ['kind 7 in suite 15 of version 15, reserved bits, four bytes', start(0xff, 0xff)],
  ['wrapped length zero, X, 63 bytes', changed(x3, 22, 0).subarray(0, 63)],
  ['wrapped length zero, G, 51 bytes', changed(genuine['G, kind 3, provider 2'], 22, 0).subarray(0, 51)],
  ['wrapped length zero, other provider', changed(changed(x3, 22, 0), 20, 3)],
]) {
  fault(`order: ${name}`, 'The first four bytes come before the length of the rest.', 'FRAME_UNSUPPORTED', ciphertext);
}
for (const [name, ciphertext] of [
  ['one byte, 01', bytes(0x01)],
  ['one byte, c7', bytes(0xc7)],
  ['two bytes, 00 00', bytes(0x00, 0x00)],
  ['two bytes, 00 c6', bytes(0x00, 0xc6)],
  ['four zero bytes', Buffer.alloc(4)],
]) {
  fault(`order: ${name}`, 'The first two bytes come before everything.', 'FRAME_UNKNOWN', ciphertext);
}
fault(
  'order: wrapped length one, X, 64 bytes',
  'Long enough for a wrapped key of one byte, which no service unwraps.',
  'KMS_INVALID_BLOB',
  changed(changed(x3, 22, 1), 23, 7).subarray(0, 64),
);
fault(
  'order: other provider and another fingerprint',
  'The provider comes before the fingerprint.',
  'FRAME_UNSUPPORTED',
  changed(flipped(x3, 4), 20, 3),
  { bytesAlone: false },
);
fault(
  'order: another fingerprint and a changed tag',
  'The commitment comes before the tag.',
  'KEY_COMMITMENT',
  flipped(flipped(x3, 4), 78),
);

// How many bytes of a frame are enough for its header, nonce and tag. Fewer are FRAME_TRUNCATED, and none FRAME_UNKNOWN.
const shortest = frames.map(({ name, suite, header }) => ({
  name,
  bytes: header.length / 2 + SUITES[suite].nonce + 16,
}));

// Contexts that are refused before anything is encrypted or decrypted.
const invalidContexts = [
  ['65 names', Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`n${i}`, '']))],
  ['an empty name', { '': 'x' }],
  ['a name of 65 characters', { ['n'.repeat(65)]: 'x' }],
  ['a name in upper case', { C: 'x' }],
  ['a name that begins with a digit', { '1c': 'x' }],
  ['a name that begins with an underscore', { _c: 'x' }],
  ['a name with a space', { 'a b': 'x' }],
  ['a name beyond ASCII', { é: 'x' }],
  ['a name that ends in a line feed', { 'c\n': 'x' }],
  ['a value with a lone surrogate', { c: '\ud800' }],
].map(([name, context]) => ({ name, context, code: 'CONTEXT_INVALID' }));

const xaes = [
  // The published vectors of C2SP's XAES-256-GCM: the doubling without and with its reduction.
  { name: 'doubling without a carry', key: '01'.repeat(32), data: '' },
  { name: 'doubling with a carry', key: '03'.repeat(32), data: utf8('c2sp.org/XAES-256-GCM').toString('hex') },
].map(({ name, key, data }) => {
  const nonce = utf8('ABCDEFGHIJKLMNOPQRSTUVWX');
  const plaintext = utf8('XAES-256-GCM');
  return {
    name,
    key,
    nonce: nonce.toString('hex'),
    data,
    plaintext: plaintext.toString('hex'),
    derivedKey: extendedNonceKey(hex(key), nonce.subarray(0, 12)).toString('hex'),
    ciphertext: xaesGcm(hex(key), nonce, plaintext, hex(data)).toString('hex'),
  };
});

const file = {
  comment: 'Ciphertext frame v1. Made by make-frame-v1.mjs; append only. Bytes are lower-case hexadecimal.',
  dataKey: DEK.toString('hex'),
  commitment: COMMITMENT.toString('hex'),
  wrapped: WRAPPED.toString('hex'),
  xaes,
  contexts,
  frames,
  malformed,
  shortest,
  invalidContexts,
  derivedKeys: ['suite-G', 'suite-X', 'commit'].map((name) => ({ name, key: hkdf(DEK, name).toString('hex') })),
};

const json = `${JSON.stringify(file, null, 2)}\n`;
if (process.argv.includes('--print')) process.stdout.write(json);
else writeFileSync(new URL('frame-v1.json', import.meta.url), json);
