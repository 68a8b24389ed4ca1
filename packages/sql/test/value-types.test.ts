import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bigint, boolean, bytes, date, json, number, text, type ValueType } from '../src/index.js';
import { expectCode } from './expect-code.js';

const SECRET = '999-00-1234';

function hexOf<T>(type: ValueType<T>, value: T): string {
  return Buffer.from(type.encode(value)).toString('hex');
}

function decodeHex<T>(type: ValueType<T>, hex: string): T {
  return type.decode(Buffer.from(hex, 'hex'));
}

describe('the plaintext bytes of each type', () => {
  const pinned: [string, string, string][] = [
    ['text', hexOf(text(), 'Zoë'), '5a6fc3ab'],
    ['empty text', hexOf(text(), ''), ''],
    ['text padded to 8', hexOf(text({ padTo: 8 }), 'Zoë'), '5a6fc3ab80000000'],
    ['empty text padded to 4', hexOf(text({ padTo: 4 }), ''), '80000000'],
    ['text of 4 bytes padded to 4', hexOf(text({ padTo: 4 }), 'abcd'), '6162636480000000'],
    ['bytes', hexOf(bytes(), Uint8Array.of(0, 199, 255)), '00c7ff'],
    ['json', hexOf(json(), { a: [1, 'ë', null, true] }), '7b2261223a5b312c22c3ab222c6e756c6c2c747275655d7d'],
    ['number', hexOf(number(), 1.5), '3ff8000000000000'],
    ['negative zero', hexOf(number(), -0), '8000000000000000'],
    ['bigint', hexOf(bigint(), -120n), '2d313230'],
    ['false', hexOf(boolean(), false), '00'],
    ['true', hexOf(boolean(), true), '01'],
    ['date', hexOf(date(), new Date(1)), '0000000000000001'],
    ['date before 1970', hexOf(date(), new Date(-1)), 'ffffffffffffffff'],
  ];
  it.each(pinned)('%s', (_name, encoded, expected) => {
    expect(encoded).toBe(expected);
  });
});

describe('what is written is what is read', () => {
  function holds<T>(name: string, type: ValueType<T>, values: fc.Arbitrary<T>): void {
    it(name, () => {
      fc.assert(
        fc.property(values, (value) => {
          expect(type.decode(Buffer.from(type.encode(value)))).toEqual(value);
        }),
        { seed: 7, numRuns: 300 },
      );
    });
  }
  const wellFormed = fc.string({ unit: 'binary' }).map((value) => value.toWellFormed());
  holds('text', text(), wellFormed);
  holds(
    'text with a byte order mark and a NUL',
    text(),
    wellFormed.map((value) => `\ufeff${value}\0`),
  );
  holds('padded text', text({ padTo: 16 }), wellFormed);
  holds(
    'bytes',
    bytes(),
    fc.uint8Array().map((value) => Buffer.from(value)),
  );
  holds(
    'json',
    json<unknown>(),
    fc.jsonValue({ noUnicodeString: false }).map((value) => JSON.parse(JSON.stringify(value)) as unknown),
  );
  holds('number', number(), fc.double({ noNaN: true, noDefaultInfinity: true }));
  holds('bigint', bigint(), fc.bigInt());
  holds('boolean', boolean(), fc.boolean());
  holds('date', date(), fc.date({ noInvalidDate: true }));
  holds('date at its limits', date(), fc.constantFrom(new Date(8.64e15), new Date(-8.64e15)));
});

describe('padded and unpadded text', () => {
  const values = fc.oneof(
    fc.string({ unit: 'binary' }).map((value) => value.toWellFormed()),
    // What looks most like padding: characters that end with the byte 80, and NULs.
    fc.array(fc.constantFrom('À', 'ࠀ', '𐀀', '\0', '\u0080', 'a')).map((parts) => parts.join('')),
  );

  it('are never taken for each other, whatever they are read as', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 2, max: 40 }), (value, padTo) => {
        const [padded, plain] = [text({ padTo }), text()];
        expect(plain.decode(Buffer.from(padded.encode(value)))).toBe(value);
        expect(padded.decode(Buffer.from(plain.encode(value)))).toBe(value);
      }),
      { seed: 11, numRuns: 2000 },
    );
  });

  it('differ in length by what the text has modulo padTo, and by nothing else', () => {
    const lengths = Array.from({ length: 32 }, (_, n) => text({ padTo: 32 }).encode('x'.repeat(n)).length);
    expect(new Set(lengths)).toEqual(new Set([32]));
  });

  it.each(['80616280', '6180c380', '6180008000', 'ff80', '80c3'])(
    'are refused as %s, which neither writes',
    async (hex) => {
      await expectCode('INVALID_ARGUMENT', () => decodeHex(text({ padTo: 4 }), hex));
    },
  );
});

describe('what a type refuses to encode', () => {
  const circle: unknown[] = [];
  circle.push(circle);
  let deep: unknown = null;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  class Person {
    name = SECRET;
  }
  const refused: [string, ValueType<never>, unknown][] = [
    ['text: a number', text() as ValueType<never>, 5],
    ['text: a String object', text() as ValueType<never>, new String(SECRET)],
    ['text: a Promise', text() as ValueType<never>, Promise.resolve(SECRET)],
    ['text: half a character', text() as ValueType<never>, `${SECRET}\udc00`],
    ['bytes: text', bytes() as ValueType<never>, SECRET],
    ['bytes: an ArrayBuffer', bytes() as ValueType<never>, new ArrayBuffer(4)],
    ['bytes: an array', bytes() as ValueType<never>, [1, 2]],
    ['number: NaN', number() as ValueType<never>, Number.NaN],
    ['number: infinity', number() as ValueType<never>, -Infinity],
    ['number: digits as text', number() as ValueType<never>, '5'],
    ['number: a BigInt', number() as ValueType<never>, 5n],
    ['bigint: a number', bigint() as ValueType<never>, 5],
    ['boolean: 1', boolean() as ValueType<never>, 1],
    ['boolean: text', boolean() as ValueType<never>, 'true'],
    ['date: an invalid one', date() as ValueType<never>, new Date(Number.NaN)],
    ['date: milliseconds', date() as ValueType<never>, 0],
    ['date: text', date() as ValueType<never>, '2026-01-01'],
    ['json: undefined within', json() as ValueType<never>, { ssn: SECRET, a: undefined }],
    ['json: a hole', json() as ValueType<never>, new Array(2)],
    ['json: a symbol as a name', json() as ValueType<never>, { a: 1, [Symbol('s')]: SECRET }],
    ['json: a hidden property', json() as ValueType<never>, Object.defineProperty({}, 'a', { value: SECRET })],
    ['json: a named property of an array', json() as ValueType<never>, Object.assign([1], { x: SECRET })],
    ['json: an object with a prototype of its own', json() as ValueType<never>, Object.create(Object.create(null))],
    ['json: a function', json() as ValueType<never>, () => SECRET],
    ['json: a symbol within', json() as ValueType<never>, [Symbol(SECRET)]],
    ['json: a BigInt within', json() as ValueType<never>, { a: 5n }],
    ['json: NaN within', json() as ValueType<never>, { a: [Number.NaN] }],
    ['json: a Date', json() as ValueType<never>, { a: new Date(0) }],
    ['json: a Map', json() as ValueType<never>, new Map([[SECRET, 1]])],
    ['json: an instance of a class', json() as ValueType<never>, new Person()],
    ['json: a Buffer', json() as ValueType<never>, { a: Buffer.from(SECRET) }],
    ['json: a toJSON method', json() as ValueType<never>, { toJSON: () => ({ ssn: SECRET }) }],
    [
      'json: a toJSON method that throws',
      json() as ValueType<never>,
      {
        toJSON: () => {
          throw new Error(SECRET);
        },
      },
    ],
    ['json: a circle', json() as ValueType<never>, circle],
    ['json: one too deep', json() as ValueType<never>, deep],
    [
      'json: a getter that throws',
      json() as ValueType<never>,
      {
        get ssn() {
          throw new Error(SECRET);
        },
      },
    ],
  ];
  it.each(refused)('%s', async (_name, type, value) => {
    const error = await expectCode('INVALID_ARGUMENT', () => type.encode(value as never));
    expect(inspect(error)).not.toContain(SECRET);
  });

  it('but not JSON of another realm, and JSON without a prototype', () => {
    const foreign: unknown = runInNewContext('({ a: [1, { b: null }] })');
    expect(json().decode(Buffer.from(json().encode(foreign)))).toEqual({ a: [1, { b: null }] });
    expect(json().decode(Buffer.from(json().encode(Object.assign(Object.create(null), { a: 1 }))))).toEqual({ a: 1 });
    expect(hexOf(date(), runInNewContext('new Date(1)') as Date)).toBe('0000000000000001');
  });
});

describe('what a type refuses to decode: bytes of another type', () => {
  const others: [string, ValueType<unknown>, string][] = [
    ['text: bytes that are not UTF-8', text(), 'fffe'],
    ['text: half a character', text(), 'c3'],
    ['json: bytes that are not UTF-8', json(), '22ff22'],
    ['json: text', json(), Buffer.from(SECRET).toString('hex')],
    ['json: nothing', json(), ''],
    ['number: 7 bytes', number(), '3ff80000000000'],
    ['number: 9 bytes', number(), '3ff800000000000000'],
    ['number: NaN', number(), '7ff8000000000000'],
    ['number: infinity', number(), '7ff0000000000000'],
    ['bigint: nothing', bigint(), ''],
    ['bigint: a leading zero', bigint(), '3031'],
    ['bigint: minus zero', bigint(), '2d30'],
    ['bigint: a space', bigint(), '2031'],
    ['bigint: hexadecimal', bigint(), Buffer.from('0x1f').toString('hex')],
    ['bigint: a line break at its end', bigint(), '310a'],
    ['boolean: nothing', boolean(), ''],
    ['boolean: another byte', boolean(), '02'],
    ['boolean: two bytes', boolean(), '0001'],
    ['date: 7 bytes', date(), '00000000000001'],
    ['date: past the last day', date(), '001eb208c2dc0001'],
    ['date: before the first day', date(), 'ffe14df73d23ffff'],
  ];
  it.each(others)('%s', async (_name, type, hex) => {
    const error = await expectCode('INVALID_ARGUMENT', () => decodeHex(type, hex));
    expect(error.message).toContain('another type');
    expect(inspect(error)).not.toContain(SECRET);
  });
});

describe('maxBytes', () => {
  it.each<[string, () => unknown]>([
    ['text, counted in UTF-8', () => text({ maxBytes: 3 }).encode('Zoë')],
    ['padded text, counted without its padding', () => text({ maxBytes: 3, padTo: 16 }).encode('abcd')],
    ['bytes', () => bytes({ maxBytes: 1 }).encode(Buffer.alloc(2))],
    ['json', () => json({ maxBytes: 8 }).encode({ ssn: 1 })],
    ['bigint', () => bigint({ maxBytes: 2 }).encode(100n)],
  ])('refuses a longer value: %s', async (_name, encode) => {
    await expectCode('PLAINTEXT_TOO_LARGE', encode);
  });

  it('allows what is as long', () => {
    expect(hexOf(text({ maxBytes: 4 }), 'Zoë')).toBe('5a6fc3ab');
    expect(hexOf(bigint({ maxBytes: 3 }), 100n)).toBe('313030');
  });
});

describe('options', () => {
  it.each<[string, () => unknown]>([
    ['padTo of 1', () => text({ padTo: 1 })],
    ['padTo with a fraction', () => text({ padTo: 16.5 })],
    ['padTo as text', () => text({ padTo: '16' as never })],
    ['padTo over its limit', () => text({ padTo: 65_537 })],
    ['maxBytes of 0', () => bytes({ maxBytes: 0 })],
    ['maxBytes of NaN', () => json({ maxBytes: Number.NaN })],
  ])('are refused when the type is declared: %s', async (_name, declare) => {
    await expectCode('CONFIG', declare);
  });
});
