import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { revealsAny } from '../src/revealed.js';

const SECRET = Buffer.from('secret of 24 bytes here!');

const REVEALING: Readonly<Record<string, unknown>> = {
  'its message': new Error(`cannot encrypt ${SECRET}`),
  'its message as hex': new Error(SECRET.toString('hex')),
  'its message as upper-case hex': new Error(SECRET.toString('hex').toUpperCase()),
  'its message as base64': new Error(SECRET.toString('base64')),
  'its message as base64 in a longer text': new Error(Buffer.concat([Buffer.from('x'), SECRET]).toString('base64')),
  'its message as base64url': new Error(Buffer.concat([Buffer.from([0xff]), SECRET]).toString('base64url')),
  'its cause': new Error('failed', { cause: new Error(SECRET.toString()) }),
  'a Buffer inside': { deep: { inside: { of: { it: [SECRET] } } } },
  'a Uint8Array inside': { bytes: new Uint8Array(SECRET) },
  'a list of numbers': { bytes: [...SECRET] },
  'a Map': new Map([['key', SECRET]]),
  'a hidden property': Object.defineProperty({}, 'key', { value: SECRET, enumerable: false }),
  'a symbol': { [Symbol('key')]: SECRET },
  'a getter': {
    get key() {
      return SECRET;
    },
  },
  'JSON alone': { toJSON: () => ({ key: SECRET }) },
  'inspection alone': { [inspect.custom]: () => SECRET.toString() },
};

describe('what counts as revealed', () => {
  it.each(Object.entries(REVEALING))('a secret in %s', (_where, value) => {
    expect(revealsAny(value, [SECRET])).toBe(true);
  });

  it('nothing in an object without the secret', () => {
    expect(revealsAny(new Error('failed', { cause: { name: 'KmsError', bytes: Buffer.alloc(32) } }), [SECRET])).toBe(
      false,
    );
  });
});
