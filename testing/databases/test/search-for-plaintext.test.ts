import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { searchForPlaintext } from '../src/index.js';

const needle = Buffer.from('999-00-1234');
const noise = randomBytes(50_000);
const search = (bytes: Uint8Array | string, value: Uint8Array = needle) =>
  searchForPlaintext([{ name: 'file', bytes: Buffer.concat([noise, Buffer.from(bytes), noise]) }], value);
const found = (form: string) => [{ name: 'file', form, offset: noise.length }];

describe('a value in a file', () => {
  it('is found as it is', () => {
    expect(search(needle)).toEqual(found('bytes'));
  });

  it('is found as hex in lower and in upper case', () => {
    const value = Buffer.from('jklmnopqrs');
    expect(search(value.toString('hex'), value)).toEqual(found('hex'));
    expect(search(value.toString('hex').toUpperCase(), value)).toEqual(found('hex'));
  });

  it.each([0, 1, 2, 3, 4])('is found as base64 of a text in which %i bytes precede it', (offset) => {
    // These bytes have + and / in base64, and - and _ in base64url, at every offset.
    const value = Buffer.from('fbefbefbefbefbeffffffffffffffff0', 'hex');
    const text = Buffer.concat([randomBytes(offset), value, randomBytes(5)]);
    const forms = (encoded: string) => search(encoded, value).map(({ form }) => form);
    expect(forms(text.toString('base64'))).toEqual(['base64']);
    expect(forms(text.toString('base64url'))).toEqual(['base64url']);
  });

  it('is found as UTF-16', () => {
    const value = Buffer.from('Grüße an 999');
    expect(search(Buffer.from('Grüße an 999', 'utf16le'), value)).toEqual(found('utf16le'));
  });

  it('is found when only its beginning, its middle or its end lies in one piece', () => {
    const long = randomBytes(10_000);
    for (const start of [0, 4_988, 9_976]) {
      expect(search(long.subarray(start, start + 24), long)).toEqual(found('bytes'));
      expect(search(long.subarray(start, start + 24).toString('hex'), long)).toEqual(found('hex'));
    }
  });

  it('is named by its file and its first place', () => {
    const files = [
      { name: 'clean', bytes: noise },
      { name: 'twice', bytes: Buffer.concat([Buffer.from('ab'), needle, needle]) },
    ];
    expect(searchForPlaintext(files, needle)).toEqual([{ name: 'twice', form: 'bytes', offset: 2 }]);
  });

  it('is found in a view of a larger buffer, and not beside it', () => {
    const whole = Buffer.concat([needle, noise]);
    expect(
      searchForPlaintext([{ name: 'view', bytes: new Uint8Array(whole.buffer, whole.byteOffset, 11) }], needle),
    ).toHaveLength(1);
    expect(searchForPlaintext([{ name: 'rest', bytes: whole.subarray(11) }], needle)).toEqual([]);
  });

  it('is not found where it is not', () => {
    expect(search('')).toEqual([]);
  });

  it('must be long enough not to occur by chance', () => {
    expect(() => search('', Buffer.from('1234567'))).toThrow(RangeError);
  });
});
