import { createAesCrypterer } from '@sqlcrypter/aes';
import { init, shutdown } from '@sqlcrypter/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decryptRows, EncryptedBytes, encryptedColumn, text } from '../src/index.js';
import { localKey } from './crypterers.js';
import { expectCode } from './expect-code.js';

const SECRET = '999-00-1234';
const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text() });

beforeEach(() => init(createAesCrypterer({ key: localKey(1) })));
afterEach(() => shutdown());

function escapeFormat(frame: Buffer): string {
  return Array.from(frame, (byte) => {
    if (byte === 0x5c) return '\\\\';
    return byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
  }).join('');
}

const lines = (body: string) => body.replace(/.{20}/g, '$&\n');

/** Each form that a ciphertext takes on its way, and what its refusal must name. */
const forms: [string, (frame: Buffer) => unknown, RegExp][] = [
  ['base64, as its own toJSON gives it', (frame) => frame.toString('base64'), /base64.*fromJSON/],
  ['base64 without padding', (frame) => frame.toString('base64').replaceAll('=', ''), /base64/],
  ['base64 in lines', (frame) => lines(frame.toString('base64')), /base64/],
  ['base64url', (frame) => frame.toString('base64url'), /base64/],
  ["base64 in MySQL's JSON", (frame) => `base64:type15:${frame.toString('base64')}`, /base64.*MySQL/],
  ["base64 of a blob in MySQL's JSON", (frame) => `base64:type252:${frame.toString('base64')}`, /base64.*MySQL/],
  ['hex', (frame) => frame.toString('hex'), /in hex/],
  ['hex in capitals', (frame) => frame.toString('hex').toUpperCase(), /in hex/],
  ['hex after 0x', (frame) => `0x${frame.toString('hex')}`, /in hex/],
  ['hex after 0X, in capitals', (frame) => `0X${frame.toString('hex').toUpperCase()}`, /in hex/],
  ['an SQL literal', (frame) => `X'${frame.toString('hex')}'`, /in hex/],
  ['hex after \\\\x, escaped once too often', (frame) => `\\\\x${frame.toString('hex')}`, /in hex/],
  ['hex by pairs', (frame) => frame.toString('hex').replace(/../g, '$& '), /in hex/],
  [
    'what a Buffer looks like when it is printed',
    (frame) => `<Buffer ${frame.toString('hex').replace(/../g, '$& ')}>`,
    /in hex/,
  ],
  ['\\x… cut in the middle of a byte', (frame) => `\\x${frame.toString('hex').slice(0, -1)}`, /PostgreSQL.*whole/],
  ['\\x… with blanks', (frame) => `\\x${frame.toString('hex')}  `, /PostgreSQL.*blanks/],
  ['sc1.… with blanks', (frame) => `sc1.${frame.toString('base64url')}  `, /encoding `text`.*blanks/],
  ['sc1.… in capitals', (frame) => `sc1.${frame.toString('base64url')}`.toUpperCase(), /encoding `text`.*lower case/],
  ['sc1.… with padding', (frame) => `sc1.${frame.toString('base64url')}=`, /encoding `text`/],
  ['escape format', escapeFormat, /escape format.*bytea_output/],
  ['a binary string', (frame) => frame.toString('latin1'), /binary string.*latin1/],
  ['bytes decoded as UTF-8', (frame) => frame.toString('utf8'), /UTF-8, which loses bytes/],
  ['numbers with commas', (frame) => String([...frame]), /decimal numbers/],
  ['numbers as JSON', (frame) => JSON.stringify([...frame]), /decimal numbers/],
  ['the JSON of a Buffer', (frame) => JSON.stringify(frame), /JSON of a Buffer/],
  ['the JSON of a Uint8Array', (frame) => JSON.stringify(new Uint8Array(frame)), /JSON of a Uint8Array/],
  ['the JSON of a handle, with its quotes', (frame) => JSON.stringify(frame.toString('base64')), /JSON.parse/],
  [
    "{ type: 'Buffer', data }",
    (frame) => JSON.parse(JSON.stringify(frame)),
    /Buffer that went through JSON.*Buffer.from/,
  ],
  [
    'a Uint8Array through JSON',
    (frame) => JSON.parse(JSON.stringify(new Uint8Array(frame))),
    /Uint8Array that went through JSON/,
  ],
  ['a list of numbers', (frame) => [...frame], /list of numbers/],
  ['a DataView', (frame) => new DataView(Uint8Array.from(frame).buffer), /view of memory/],
  ['a Uint16Array', (frame) => new Uint16Array(Uint8Array.from(frame).buffer.slice(0, 40)), /view of memory/],
];

describe('a ciphertext in another form', () => {
  it.each(forms)('is refused by the name of its form: %s', async (_name, formOf, cause) => {
    // Of some length, and of the length that needs padding in base64.
    for (const plaintext of [SECRET, 'x'.repeat(90)]) {
      const value = formOf(Buffer.from(await ssn.encrypt(plaintext))) as string;
      const reads = [
        () => ssn.decrypt(value),
        () => ssn.decryptSync(value),
        () => ssn.decryptMany([value]),
        () => ssn.fromDatabase(value),
        () => decryptRows([{ ssn: value }], { ssn }),
        () => EncryptedBytes.fromDatabase(value),
      ];
      for (const read of reads) {
        const error = await expectCode('INVALID_ARGUMENT', read);
        expect(error.message).toMatch(cause);
        expect(error.message).not.toMatch(/plaintext/i);
      }
    }
  });

  it.each([
    ['base64', /base64/],
    ['sc1.', /sc1/],
    ['hex', /in hex/],
    ['\\x', /PostgreSQL/],
  ])('is named where its text was stored as bytes: %s', async (form, cause) => {
    const frame = Buffer.from(await ssn.encrypt(SECRET));
    const written: Record<string, string> = {
      base64: frame.toString('base64'),
      'sc1.': `sc1.${frame.toString('base64url')}`,
      hex: frame.toString('hex'),
      '\\x': `\\x${frame.toString('hex')}`,
    };
    const value = Buffer.from(written[form] as string);
    for (const read of [() => ssn.decrypt(value), () => ssn.decryptSync(value), () => ssn.decryptMany([value])]) {
      expect((await expectCode('FRAME_UNKNOWN', read)).message).toMatch(cause);
    }
  });

  it.each([
    SECRET,
    '',
    'AMc',
    'AMcGee, Ada',
    '00c7',
    '0,199 dollars',
    '[1,2]',
    '"quoted"',
    'base64 is an encoding',
    '{"type":"Note"}',
    'sc1.is a rocket',
    '\\xyz',
  ])('is not seen in other text: %j', async (value) => {
    const error = await expectCode('INVALID_ARGUMENT', () => ssn.decrypt(value));
    expect(error.message).toContain('perhaps plaintext');
    if (value.length > 3) expect(error.message).not.toContain(value);
  });
});

describe('a value that was filled up with zeros', () => {
  it('is named in the advice of AUTH_FAILED, which stays the code', async () => {
    const whole = await ssn.encrypt(SECRET);
    for (const [count, named] of [
      [1, 'a zero byte'],
      [5, '5 zero bytes'],
    ] as const) {
      const value = Buffer.concat([Buffer.from(whole).with(-1, 7), Buffer.alloc(count)]);
      for (const read of [
        () => ssn.decrypt(value),
        () => ssn.decryptSync(value),
        () => ssn.decryptMany([value]),
        () => decryptRows([{ ssn: value }], { ssn }),
        () => EncryptedBytes.fromDatabase(value, { context: { purpose: 'x' } }).decrypt(),
      ]) {
        const { message } = await expectCode('AUTH_FAILED', read);
        expect(message).toContain(`ends in ${named}`);
        expect(message).toContain('BINARY(n)');
      }
    }
  });

  it('is not spoken of where the value ends otherwise', async () => {
    const value = Buffer.from(await ssn.encrypt(SECRET)).with(-1, 7);
    expect((await expectCode('AUTH_FAILED', () => ssn.decrypt(value))).message).not.toContain('BINARY');
  });

  it('gives the same message for whatever the plaintext and the key are: it depends on stored bytes only', async () => {
    const other = encryptedColumn({ table: 'employee', column: 'ssn', type: text(), label: 'other' });
    const padded = (frame: Buffer) => Buffer.concat([frame, Buffer.of(1), Buffer.alloc(4)]);
    const messages = await Promise.all(
      [await ssn.encrypt('a'), await ssn.encrypt('b'), await other.encrypt('a')].map(
        async (frame) => (await expectCode('AUTH_FAILED', () => ssn.decrypt(padded(frame)))).message,
      ),
    );
    expect(new Set(messages).size).toBe(1);
  });
});

describe('fromJSON of a column', () => {
  const byRow = encryptedColumn({ table: 'patient', column: 'note', type: text(), bind: ['row'] });
  const asText = encryptedColumn({ table: 'employee', column: 'ssn', type: text(), encoding: 'text' });

  it('gives back the handle that JSON.stringify was given', async () => {
    const handle = await ssn.encrypt(SECRET);
    const { ssn: json } = JSON.parse(JSON.stringify({ ssn: handle })) as { ssn: string };
    const back = ssn.fromJSON(json);
    expect(back).toBeInstanceOf(EncryptedBytes);
    expect(handle.equals(back)).toBe(true);
    expect(await back.decryptText()).toBe(SECRET);
    expect(await ssn.decrypt(back)).toBe(SECRET);
    expect(ssn.fromJSON(null)).toBeNull();
  });

  it('takes the place of a column that is bound, and belongs to its column', async () => {
    const json = JSON.parse(JSON.stringify(await byRow.encrypt(SECRET, { row: 1 }))) as string;
    expect(await byRow.fromJSON(json, { row: 1 }).decryptText()).toBe(SECRET);
    expect(await byRow.decrypt(byRow.fromJSON(json, { row: 1 }))).toBe(SECRET);
    await expectCode('AUTH_FAILED', () => byRow.fromJSON(json, { row: 2 }).decryptText());
    await expectCode('AUTH_FAILED', () => ssn.fromJSON(json).decryptText());
    const error = await expectCode('INVALID_ARGUMENT', () => byRow.fromJSON(json, {} as never));
    expect(error.column).toBe('patient.note');
    await expectCode('INVALID_ARGUMENT', () => ssn.fromJSON(json, { row: 1 } as never));
  });

  it('is UNSUPPORTED where the column stores text', async () => {
    const error = await expectCode('UNSUPPORTED', () => asText.fromJSON('AMcSAQ=='));
    expect(error.message).toContain('employee.ssn');
  });

  it.each<[string, (frame: Buffer) => unknown, RegExp]>([
    ['undefined', () => undefined, /undefined/],
    ['a Buffer', (frame) => frame, /type object/],
    ['empty text', () => '', /canonical base64/],
    ['base64url', (frame) => `${frame.toString('base64url')}-_`, /canonical base64/],
    ['base64 in lines', (frame) => lines(frame.toString('base64')), /canonical base64/],
    ['plaintext', () => SECRET, /canonical base64/],
    ['hex of PostgreSQL', (frame) => `\\x${frame.toString('hex')}`, /PostgreSQL/],
    ['text of a text column', (frame) => `sc1.${frame.toString('base64url')}`, /encoding `text`/],
    [
      "{ type: 'Buffer', data }",
      (frame) => JSON.parse(JSON.stringify(frame)),
      /Buffer that went through JSON.*Buffer.from/,
    ],
    ['a Promise', (frame) => Promise.resolve(frame.toString('base64')), /await/],
  ])('refuses %s', async (_name, formOf, cause) => {
    const value = formOf(Buffer.from(await ssn.encrypt(SECRET))) as string;
    for (const read of [() => ssn.fromJSON(value), () => EncryptedBytes.fromJSON(value)]) {
      const error = await expectCode('INVALID_ARGUMENT', read);
      expect(error.message).toMatch(cause);
      expect(error.message).not.toContain(SECRET);
    }
  });
});
