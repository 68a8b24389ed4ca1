// Makes columns-v1.json: what @sqlcrypter/sql puts into context, plaintext and text columns.
//
//   node make-columns-v1.mjs            writes columns-v1.json beside this file
//   node make-columns-v1.mjs --print    prints it instead
//
// As make-frame-v1.mjs it shares no code with the packages, is deterministic, and is only appended to. JSON has no
// BigInt, minus zero or lone bytes: ids and values are written as { text }, { integer }, { parts }, { number } or { hex }.
import { writeFileSync } from 'node:fs';
import { bytes, counting, encodeContext, headerOf, hex, seal, u32, utf8 } from './independent-format.mjs';

const X = 'xaes-256-gcm';
const DEK = counting(0, 32);
const ID = 0x01020304;
const NONCE = counting(0x40, 24);

const isUuid = (text) => /^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/.test(text) && text.length === 36;
const asciiLower = (text) => text.replace(/[A-F]/g, (letter) => letter.toLowerCase());

// The 16 bytes of a UUID stand for its text, in the order of its digits.
const uuidText = (digits) => digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

function partText({ text, integer, hex: digits }) {
  if (digits !== undefined) return uuidText(digits);
  if (integer !== undefined) return integer;
  return isUuid(text) ? asciiLower(text) : text;
}

// The value of an id in the context: a text, or bytes as { hex } for several parts.
function encodeId(id) {
  if (id.parts === undefined) return partText(id);
  const parts = id.parts.map(partText).map(utf8);
  return { hex: bytes(0xff, ...parts.flatMap((part) => [u32(part.length), part])).toString('hex') };
}

const UUID = '6F1C2D3E-0000-4000-8000-00000000ABCD';
const ids = [
  ['an integer', { integer: '42' }],
  ['the same integer as text', { text: '42' }],
  ['zero', { integer: '0' }],
  ['a negative integer', { integer: '-7' }],
  ['an integer beyond doubles', { integer: '9223372036854775807' }],
  ['an integer of 40 digits', { integer: '1234567890123456789012345678901234567890' }],
  ['text that is no canonical integer', { text: '0042' }],
  ['text', { text: 'Müller €𐀀' }],
  ['text with white space', { text: ' a b\n' }],
  ['text with U+0000', { text: 'a\u0000b' }],
  ['text in composed form', { text: '\u00e9' }],
  ['text in decomposed form', { text: 'e\u0301' }],
  ['a UUID in upper case', { text: UUID }],
  ['a UUID in lower case', { text: UUID.toLowerCase() }],
  ['a UUID in mixed case', { text: '6f1C2d3E-0000-4000-8000-00000000AbCd' }],
  ['the nil UUID', { text: '00000000-0000-0000-0000-000000000000' }],
  ['the UUID of ones', { text: 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF' }],
  ['a UUID of no known version or variant', { text: 'ABCDEFAB-CDEF-ABCD-EFAB-CDEFABCDEFAB' }],
  ['a UUID without hyphens, which is text', { text: UUID.replaceAll('-', '') }],
  ['a UUID in braces, which is text', { text: `{${UUID}}` }],
  ['a UUID as a URN, which is text', { text: `urn:uuid:${UUID}` }],
  ['a UUID with a space behind it, which is text', { text: `${UUID} ` }],
  ['36 characters with hyphens elsewhere, which are text', { text: '6F1C2D3E0-000-4000-8000-00000000ABCD' }],
  ['36 characters with a letter beyond F, which are text', { text: '6F1C2D3E-0000-4000-8000-00000000ABCG' }],
  ['a ULID, which is text', { text: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }],
  ['two parts', { parts: [{ text: 'eu' }, { integer: '7' }] }],
  ['two parts in the other order', { parts: [{ integer: '7' }, { text: 'eu' }] }],
  ['two parts with another boundary', { parts: [{ text: 'e' }, { text: 'u7' }] }],
  ['three parts, one of them a UUID', { parts: [{ text: 'eu' }, { text: UUID }, { integer: '-1' }] }],
  ['parts beyond ASCII, counted in bytes', { parts: [{ text: 'é' }, { text: '€𐀀' }] }],
  ['the 16 bytes of a UUID', { hex: '6f1c2d3e00004000800000000000abcd' }],
  ['two parts, one of them the bytes of a UUID', { parts: [{ text: 'eu' }, { hex: '6f1c2d3e00004000800000000000abcd' }] }],
].map(([name, id]) => ({ name, id, value: encodeId(id) }));

const invalidIds = [
  ['the empty text', { text: '' }],
  ['a lone surrogate', { text: '\ud800' }],
  ['a fraction', { number: 1.5 }],
  ['a number beyond the safe integers', { number: 9007199254740992 }],
  ['no parts', { parts: [] }],
  ['one part', { parts: [{ text: 'eu' }] }],
  ['an empty part', { parts: [{ text: 'eu' }, { text: '' }] }],
  ['parts within parts', { parts: [{ text: 'eu' }, { parts: [{ text: 'a' }, { text: 'b' }] }] }],
  ['no bytes', { hex: '' }],
  ['15 bytes', { hex: '00'.repeat(15) }],
  ['17 bytes', { hex: '00'.repeat(17) }],
].map(([name, id]) => ({ name, id, code: 'INVALID_ARGUMENT' }));

function padded(text, padTo) {
  const plain = utf8(text);
  const length = (Math.floor(plain.length / padTo) + 1) * padTo;
  return bytes(plain, 0x80, Buffer.alloc(length - plain.length - 1));
}

function double(number) {
  const plaintext = Buffer.alloc(8);
  plaintext.writeDoubleBE(Number(number));
  return plaintext;
}

function milliseconds(number) {
  const plaintext = Buffer.alloc(8);
  plaintext.writeBigInt64BE(BigInt(number));
  return plaintext;
}

// Both written and read.
const values = [
  ['text', 'ASCII', { text: 'Hello World' }, utf8('Hello World')],
  ['text', 'the empty text', { text: '' }, Buffer.alloc(0)],
  ['text', 'beyond ASCII', { text: 'é€𐀀' }, utf8('é€𐀀')],
  ['text', 'decomposed, and not normalised', { text: 'e\u0301' }, utf8('e\u0301')],
  ['text', 'a byte order mark, which is kept', { text: '\ufeffa' }, hex('efbbbf61')],
  ['text', 'U+0000 at the end', { text: 'a\u0000' }, hex('6100')],
  ['text', 'a last byte 80 that belongs to a character', { text: 'Ѐ' }, hex('d080')],
  ['text', 'a last byte 80 and U+0000 behind it', { text: 'Ѐ\u0000' }, hex('d08000')],
  ['text padded to 8', 'shorter', { text: 'abc' }, padded('abc', 8)],
  ['text padded to 8', 'one byte is left', { text: 'abcdefg' }, padded('abcdefg', 8)],
  ['text padded to 8', 'none is left: a whole further step', { text: 'abcdefgh' }, padded('abcdefgh', 8)],
  ['text padded to 8', 'the empty text', { text: '' }, padded('', 8)],
  ['text padded to 8', 'U+0000 at the end', { text: 'a\u0000' }, padded('a\u0000', 8)],
  ['text padded to 8', 'a last byte 80 that belongs to a character', { text: 'Ѐ' }, padded('Ѐ', 8)],
  ['bytes', 'none', { hex: '' }, Buffer.alloc(0)],
  ['bytes', 'some', { hex: '00c7ff80' }, hex('00c7ff80')],
  ['json', 'members in their order, without white space', { json: { b: 1, a: [true, null, 'é'] } }, utf8('{"b":1,"a":[true,null,"é"]}')],
  ['json', 'a text', { json: 'é' }, utf8('"é"')],
  ['json', 'the empty object', { json: {} }, utf8('{}')],
  ['json', 'control characters', { json: '\u0000\b\n\u001f\u007f' }, utf8('"\\u0000\\b\\n\\u001f\u007f"')],
  ['json', 'a lone surrogate, escaped', { json: '\ud800' }, utf8('"\\ud800"')],
  ['json', 'a solidus, not escaped', { json: '/' }, utf8('"/"')],
  ['json', 'numbers', { json: [1e21, 1e-7, 0.1, -5] }, utf8('[1e+21,1e-7,0.1,-5]')],
  ['number', 'one and a half', { number: '1.5' }, double(1.5)],
  ['number', 'zero', { number: '0' }, double(0)],
  ['number', 'minus zero, which is kept', { number: '-0' }, hex('8000000000000000')],
  ['number', 'the least above zero', { number: '5e-324' }, hex('0000000000000001')],
  ['number', 'the largest', { number: '1.7976931348623157e308' }, hex('7fefffffffffffff')],
  ['bigint', 'zero', { integer: '0' }, utf8('0')],
  ['bigint', 'negative', { integer: '-120' }, utf8('-120')],
  ['bigint', 'beyond 64 bits', { integer: '123456789012345678901234567890' }, utf8('123456789012345678901234567890')],
  ['boolean', 'false', { boolean: false }, hex('00')],
  ['boolean', 'true', { boolean: true }, hex('01')],
  ['date', 'the epoch', { milliseconds: 0 }, milliseconds(0)],
  ['date', 'a millisecond before it', { milliseconds: -1 }, hex('ffffffffffffffff')],
  ['date', 'the last', { milliseconds: 8_640_000_000_000_000 }, milliseconds(8_640_000_000_000_000)],
  ['date', 'the first', { milliseconds: -8_640_000_000_000_000 }, milliseconds(-8_640_000_000_000_000)],
].map(([type, name, value, plaintext]) => ({ name: `${type}: ${name}`, type, value, plaintext: plaintext.toString('hex') }));

// Read, though the packages do not write them.
const readOnly = [
  ['text', 'padded, whatever the column says now', { text: 'abc' }, padded('abc', 16)],
  ['text', 'padded by more than a step needs', { text: 'abc' }, bytes(utf8('abc'), 0x80, Buffer.alloc(100))],
  ['text', 'padded by the single byte 80', { text: 'abc' }, bytes(utf8('abc'), 0x80)],
  ['text', 'two bytes 80: the last one is padding', { text: 'Ѐ' }, hex('d08080')],
  ['text padded to 8', 'not padded', { text: 'abc' }, utf8('abc')],
  ['json', 'white space around and within', { json: { a: [1] } }, utf8(' {\t"a" :\r\n[ 1 ]} ')],
  ['json', 'a name twice: the last one counts', { json: { a: 2 } }, utf8('{"a":1,"a":2}')],
  ['json', 'escapes that need not be', { json: { a: '/é' } }, utf8('{"\\u0061":"\\/\\u00e9"}')],
  ['json', 'a number with more digits than a double holds', { json: 12345678901234567000 }, utf8('12345678901234567890')],
].map(([type, name, value, plaintext]) => ({ name: `${type}: ${name}`, type, value, plaintext: plaintext.toString('hex') }));

// Plaintexts that authenticated and are of another type.
const refused = [
  ['text', 'Latin-1', hex('e9')],
  ['text', 'a surrogate in UTF-8', hex('eda080')],
  ['text', 'an overlong form', hex('c080')],
  ['text', 'part of a character before the padding', hex('f08000')],
  ['text', 'three bytes 80', hex('808080')],
  ['json', 'nothing', Buffer.alloc(0)],
  ['json', 'white space alone', utf8(' ')],
  ['json', 'a byte order mark', hex('efbbbf7b7d')],
  ['json', 'a no-break space', hex('c2a07b7d')],
  ['json', 'two values', utf8('{}{}')],
  ['json', 'a comma at the end', utf8('[1,]')],
  ['json', 'NaN', utf8('NaN')],
  ['json', 'a name without quotes', utf8('{a:1}')],
  ['json', 'UTF-16', hex('7b007d00')],
  ['json', 'a line feed within a text', utf8('"\n"')],
  ['json', 'Latin-1', hex('22e922')],
  ['json', 'padding', hex('7b7d80')],
  ['number', 'NaN', hex('7ff8000000000000')],
  ['number', 'infinity', hex('7ff0000000000000')],
  ['number', 'seven bytes', Buffer.alloc(7)],
  ['number', 'nine bytes', Buffer.alloc(9)],
  ['number', 'nothing', Buffer.alloc(0)],
  ['bigint', 'nothing', Buffer.alloc(0)],
  ['bigint', 'minus zero', utf8('-0')],
  ['bigint', 'a leading zero', utf8('007')],
  ['bigint', 'a plus sign', utf8('+7')],
  ['bigint', 'a space', utf8(' 7')],
  ['bigint', 'a line feed behind it', utf8('7\n')],
  ['bigint', 'a fraction', utf8('1.0')],
  ['bigint', 'hexadecimal', utf8('0x10')],
  ['bigint', 'digits beyond ASCII', utf8('٣')],
  ['boolean', 'nothing', Buffer.alloc(0)],
  ['boolean', 'two', hex('02')],
  ['boolean', 'two bytes', hex('0001')],
  ['date', 'seven bytes', Buffer.alloc(7)],
  ['date', 'a millisecond after the last', milliseconds(8_640_000_000_000_001n)],
  ['date', 'a millisecond before the first', milliseconds(-8_640_000_000_000_001n)],
].map(([type, name, plaintext]) => ({
  name: `${type}: ${name}`,
  type,
  plaintext: plaintext.toString('hex'),
  code: 'INVALID_ARGUMENT',
}));

const contextOf = (label, row, tenant) => ({
  c: label,
  ...(row !== undefined && { r: encodeId(row) }),
  ...(tenant !== undefined && { tn: encodeId(tenant) }),
});

function column(name, { label = 'employee.ssn', row, tenant, type = 'text', value, plaintext }) {
  const context = contextOf(label, row, tenant);
  const ciphertext = seal(DEK, X, headerOf(X, bytes(1, u32(ID))), NONCE, plaintext, context);
  return {
    name,
    label,
    row,
    tenant,
    type,
    value,
    context: encodeContext(context).toString('hex'),
    ciphertext: ciphertext.toString('hex'),
    text: `sc1.${ciphertext.toString('base64url')}`,
  };
}

const SSN = { value: { text: '999-00-1337' }, plaintext: utf8('999-00-1337') };
const columns = [
  column('bound to the column', SSN),
  column('bound to the row', { ...SSN, row: { integer: '1001' } }),
  column('bound to the tenant', { ...SSN, tenant: { text: UUID } }),
  column('bound to row and tenant', { ...SSN, row: { parts: [{ text: 'eu' }, { integer: '7' }] }, tenant: { text: 'acme' } }),
  column('a label beyond ASCII', { ...SSN, label: 'Angestellte.Größe' }),
  column('the empty text', { value: { text: '' }, plaintext: Buffer.alloc(0) }),
  column('a padded text', { type: 'text padded to 8', value: { text: 'abc' }, plaintext: padded('abc', 8) }),
  column('a date', { type: 'date', value: { milliseconds: -1 }, plaintext: milliseconds(-1) }),
];

// Texts in a column with encoding 'text', and what reading each of them is. The value is the first of the columns.
const { text } = columns[0];
const last = text.at(-1);
const otherEnd = text.slice(0, -1) + String.fromCharCode(last.charCodeAt(0) + 1);
const cut = (length) => `sc1.${hex(columns[0].ciphertext).subarray(0, length).toString('base64url')}`;
const texts = [
  ['the prefix alone', 'sc1.', 'FRAME_UNKNOWN'],
  ['the first byte of a frame', cut(1), 'FRAME_TRUNCATED'],
  ['cut within the header', cut(6), 'FRAME_TRUNCATED'],
  ['cut behind the shortest frame', cut(57), 'AUTH_FAILED'],
  ['bytes that are no frame', 'sc1.aGVsbG8', 'FRAME_UNKNOWN'],
  ['a frame of version 2', `sc1.${bytes(0, 0xc7, 0x22, 1).toString('base64url')}`, 'FRAME_UNSUPPORTED'],
  ['no prefix', text.slice(4), 'INVALID_ARGUMENT'],
  ['the prefix in upper case', `SC1.${text.slice(4)}`, 'INVALID_ARGUMENT'],
  ['another number', `sc2.${text.slice(4)}`, 'INVALID_ARGUMENT'],
  ['no full stop', `sc1${text.slice(4)}`, 'INVALID_ARGUMENT'],
  ['a space in front', ` ${text}`, 'INVALID_ARGUMENT'],
  ['a space behind, as CHAR columns pad', `${text} `, 'INVALID_ARGUMENT'],
  ['a line feed behind', `${text}\n`, 'INVALID_ARGUMENT'],
  ['a line feed within', `${text.slice(0, 20)}\n${text.slice(20)}`, 'INVALID_ARGUMENT'],
  ['padding', `${text}=`, 'INVALID_ARGUMENT'],
  ['padding of two', `${text}==`, 'INVALID_ARGUMENT'],
  ['the alphabet of base64', 'sc1.AMcSAQ+/', 'INVALID_ARGUMENT'],
  ['bits behind the last byte', otherEnd, 'INVALID_ARGUMENT'],
  ['one character alone', 'sc1.A', 'INVALID_ARGUMENT'],
  ['one character too many', `${cut(57)}A`, 'INVALID_ARGUMENT'],
  ['a character beyond ASCII', `${text.slice(0, -1)}é`, 'INVALID_ARGUMENT'],
  ['U+0000 behind', `${text}\u0000`, 'INVALID_ARGUMENT'],
  ['plaintext', '999-00-1337', 'INVALID_ARGUMENT'],
  ['plaintext behind the prefix', 'sc1.999-00-1337', 'INVALID_ARGUMENT'],
  ['plaintext behind the prefix that happens to be base64url', 'sc1.999-00-133w', 'FRAME_UNKNOWN'],
  ['the empty text', '', 'INVALID_ARGUMENT'],
].map(([name, each, code]) => ({ name, text: each, code }));

const file = {
  comment: 'Columns of format v1. Made by make-columns-v1.mjs; append only. Bytes are lower-case hexadecimal.',
  dataKey: DEK.toString('hex'),
  keyId: ID,
  ids,
  invalidIds,
  values,
  readOnly,
  refused,
  columns,
  texts,
};

const json = `${JSON.stringify(file, null, 2)}\n`;
if (process.argv.includes('--print')) process.stdout.write(json);
else writeFileSync(new URL('columns-v1.json', import.meta.url), json);
