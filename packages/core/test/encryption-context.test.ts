import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decryptMany, encryptMany } from '../src/batch.js';
import type { EncryptionContext } from '../src/crypterer.js';
import { decodeContext, encodeContext, encodeOwnContext } from '../src/encryption-context.js';
import { codeOf, errorOf } from './code-of.js';
import { createSyncCrypterer } from './crypterers.js';
import { Reader } from './reader.js';

const first = fc.constantFrom(...'abyz');
const rest = fc.array(fc.constantFrom(...'abz09_.-'), { maxLength: 63 });
const names = fc.tuple(first, rest).map(([letter, letters]) => letter + letters.join(''));
const texts = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }));
const values = fc.oneof(texts, fc.uint8Array({ maxLength: 300 }));
const contexts = fc.dictionary(names, values, { maxKeys: 64, noNullPrototype: true });

/** What two contexts must agree in to be the same. */
function meaning(context: EncryptionContext): string {
  const entries = Object.entries(context).map(([name, value]) => [name, Buffer.from(value).toString('hex')]);
  return JSON.stringify(entries.sort());
}

/** Reads the encoding back, which shows that it loses nothing. */
function decode(encoded: Buffer): Record<string, Buffer> {
  const reader = new Reader(encoded);
  const count = reader.take(2).readUInt16BE();
  const entries = Array.from({ length: count }, () => {
    const name = reader.take(reader.take(2).readUInt16BE()).toString('latin1');
    return [name, reader.take(reader.take(4).readUInt32BE())] as const;
  });
  expect(reader.offset).toBe(encoded.length);
  return Object.fromEntries(entries);
}

describe('the encoding of a context', () => {
  it('can be read back, so that different contexts never encode alike', () => {
    fc.assert(
      fc.property(contexts, (context) => {
        const decoded = decode(encodeContext(context));
        expect(meaning(decoded)).toBe(meaning(context));
        expect(Object.keys(decoded)).toEqual(Object.keys(context).sort());
      }),
      { seed: 1 },
    );
  });

  it('is equal for equal contexts only, also for ones that differ little', () => {
    const near = fc.dictionary(fc.constantFrom('a', 'ab', 'abc', 'b', 'bc'), fc.constantFrom('', 'a', 'b', 'bc', 'c'));
    fc.assert(
      fc.property(near, near, (one, other) => {
        expect(encodeContext(one).equals(encodeContext(other))).toBe(meaning(one) === meaning(other));
      }),
      { seed: 2, numRuns: 2000 },
    );
  });

  it('does not depend on the order of names', () => {
    fc.assert(
      fc.property(contexts, (context) => {
        const reversed = Object.fromEntries(Object.entries(context).reverse());
        expect(encodeContext(reversed)).toEqual(encodeContext(context));
      }),
      { seed: 3 },
    );
  });

  it('is two zero bytes for none and for an empty one', () => {
    for (const empty of [undefined, {}, Object.freeze({}), Object.create(null)]) {
      expect(encodeContext(empty)).toEqual(Buffer.from([0, 0]));
    }
  });

  it('takes text as UTF-8, without normalising it', () => {
    expect(encodeContext({ c: 'é' })).toEqual(encodeContext({ c: Buffer.from('c3a9', 'hex') }));
    expect(encodeContext({ c: 'é' })).not.toEqual(encodeContext({ c: 'e\u0301' }));
  });

  it('takes 64 names of 64 characters, and values of 16 MiB', () => {
    const many = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`n${i}-`.padEnd(64, 'x'), '']));
    expect(Object.keys(decode(encodeContext(many))).length).toBe(64);
    expect(encodeContext({ c: Buffer.alloc(2 ** 24) }).length).toBe(2 ** 24 + 9);
  });
});

describe('a context that is refused', () => {
  const tooMany = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`n${i}`, '']));
  const wrong: Readonly<Record<string, unknown>> = {
    null: null,
    text: 'c',
    number: 1,
    array: [],
    'array of pairs': [['c', 'x']],
    map: new Map(),
    bytes: Buffer.from('c'),
    'too many names': tooMany,
    'empty name': { '': '' },
    'name too long': { ['c'.repeat(65)]: '' },
    'capital in a name': { cC: '' },
    'digit first': { '0c': '' },
    'letter beyond ASCII': { ç: '' },
    'line break after a name': { 'c\n': '' },
    'number as value': { c: 1 },
    'null as value': { c: null },
    'undefined as value': { c: undefined },
    'list as value': { c: ['x'] },
    'ArrayBuffer as value': { c: new ArrayBuffer(1) },
    'value too large': { c: Buffer.alloc(2 ** 24 + 1) },
  };

  it.each(Object.entries(wrong))('%s', async (_what, context) => {
    expect(await codeOf(() => encodeContext(context as EncryptionContext))).toBe('CONTEXT_INVALID');
  });

  it.each([
    ['a Promise of one', Promise.resolve({ c: 'x' })],
    ['an object that inherits its names', Object.create({ c: 'x' })],
    [
      'an instance of a class',
      new (class Place {
        get c(): string {
          return 'x';
        }
      })(),
    ],
    ['an object whose prototype is not that of {}', Object.create(Object.create(null))],
    ['a Date', new Date()],
    ['a regular expression', /x/],
    ['an object with a symbol for a name', { [Symbol('c')]: 'x' }],
  ])('is %s, which would bind to nothing', async (_, context) => {
    expect(await codeOf(() => encodeContext(context as never))).toBe('CONTEXT_INVALID');
  });

  it('has a lone surrogate anywhere', async () => {
    for (const text of ['\ud800', 'a\udbff', '\udc00', 'a\udfffb', '\udc00\ud800', '𐀀\ud800']) {
      expect(await codeOf(() => encodeContext({ c: text }))).toBe('CONTEXT_INVALID');
    }
    expect(encodeContext({ c: '\ud800\udc00' })).toEqual(encodeContext({ c: '𐀀' }));
  });

  it('has an error that quotes neither names nor values', async () => {
    const error = await errorOf(() => encodeContext({ 'SECRET 1': 'x' }));
    expect(error.message).not.toContain('SECRET');
    expect((await errorOf(() => encodeContext({ c: ['SECRET'] as never }))).message).not.toContain('SECRET');
  });
});

describe('a name of the library’s own', () => {
  it('is refused wherever an application gives a context, also in a frozen object that a provider encoded', async () => {
    const crypterer = createSyncCrypterer();
    const [plaintext, ciphertext] = [Buffer.from('x'), crypterer.encryptSync(Buffer.from('x'))];
    for (const name of ['sqlcrypter.use', 'sqlcrypter.', 'sqlcrypter.fingerprint']) {
      const context = Object.freeze({ [name]: 'wrap' });
      const own = encodeOwnContext(context);
      expect(encodeOwnContext(context)).toEqual(own);
      const calls = [
        () => encodeContext(context),
        () => crypterer.encrypt(plaintext, { context }),
        () => crypterer.decryptSync(ciphertext, { context }),
        () => encryptMany([{ plaintext, context }], { crypterer }),
        () => decryptMany([{ ciphertext, context }], { crypterer }),
      ];
      for (const call of calls) expect(await codeOf(call)).toBe('CONTEXT_INVALID');
    }
    expect((await errorOf(() => encodeContext({ 'sqlcrypter.use': 'x' }))).message).toContain(
      'begins with sqlcrypter.',
    );
  });

  it('is encoded for providers as any other, and names that only look alike are free', () => {
    const context = { 'sqlcrypter.use': 'wrap', c: 'x' };
    expect(meaning(decode(encodeOwnContext(context)))).toBe(meaning(context));
    for (const name of ['sqlcrypter', 'sqlcrypter-x', 'sqlcrypters.x', 'x.sqlcrypter.y']) {
      expect(encodeContext({ [name]: '1' })).toEqual(encodeOwnContext({ [name]: '1' }));
    }
  });
});

describe('a context that was encoded', () => {
  it('can be decoded into one that encodes alike, text as text', () => {
    fc.assert(
      fc.property(contexts, (context) => {
        const encoded = encodeContext(context);
        expect(encodeContext(decodeContext(encoded))).toEqual(encoded);
      }),
      { seed: 4 },
    );
    expect(decodeContext(encodeContext({ c: 'é', r: Buffer.from([0xff]) }))).toEqual({
      c: 'é',
      r: Buffer.from([0xff]),
    });
    expect(decodeContext(encodeContext({}))).toBeUndefined();
  });

  it('is not kept for an object, nor for one that is equal to it in all but one value', () => {
    const context = { c: 'a', r: '1' };
    const encoded = encodeContext(context);
    expect(encodeContext({ ...context })).toEqual(encoded);
    context.r = '2';
    expect(encodeContext(context)).not.toEqual(encoded);
    expect(encodeContext({ c: 'a', r: Buffer.from('1') })).toEqual(encoded);
    expect(encodeContext({ r: '1', c: 'a' })).toEqual(encoded);
  });
});

describe('the kept encoding of a frozen context', () => {
  it('is used again', () => {
    const context = Object.freeze({ c: 'employee.ssn' });
    expect(encodeContext(context)).toBe(encodeContext(context));
  });

  it('is not made for one that may still change', () => {
    const context = { c: 'before' };
    const before = encodeContext(context);
    context.c = 'after!';
    expect(encodeContext(context)).not.toEqual(before);
    expect(encodeContext(context)).toEqual(encodeContext({ c: 'after!' }));
  });

  it('is not made for one with bytes, which freezing does not protect', () => {
    const context = Object.freeze({ c: Buffer.from('before'), d: 'x' });
    const before = encodeContext(context);
    context.c.fill(0);
    expect(encodeContext(context)).not.toEqual(before);
  });

  it('is not made for one with a getter, which answers as it likes', () => {
    let calls = 0;
    const context = Object.freeze({
      get c() {
        calls += 1;
        return `call ${calls}`;
      },
    });
    const encoded = encodeContext(context);
    expect(encodeContext(context)).not.toEqual(encoded);
  });

  it('is not fooled by a proxy that answers differently each time', async () => {
    let calls = 0;
    const get = () => `call ${++calls}`;
    const open = new Proxy({ c: 'x' }, { get });
    expect(encodeContext(open)).not.toEqual(encodeContext(open));
    // What the target has frozen a proxy cannot answer otherwise.
    const frozen = new Proxy(Object.freeze({ c: 'x' }), { get });
    expect(await codeOf(() => encodeContext(frozen))).toBe('CONTEXT_INVALID');
  });

  it('is not that of the object which inherits from it', async () => {
    const parent = Object.freeze({ c: 'parent' });
    encodeContext(parent);
    expect(await codeOf(() => encodeContext(Object.create(parent)))).toBe('CONTEXT_INVALID');
  });
});
