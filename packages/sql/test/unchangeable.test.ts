import { createAesCrypterer } from '@sqlcrypter/aes';
import { init, SqlcrypterError, shutdown } from '@sqlcrypter/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EncryptedBytes, encryptedColumn, text } from '../src/index.js';
import { localKey } from './crypterers.js';
import { expectCode } from './expect-code.js';

const SECRET = '999-00-1234';
const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text() });

beforeEach(() => init(createAesCrypterer({ key: localKey(1) })));
afterEach(() => shutdown());

type Methods = Record<string, (...parameters: unknown[]) => unknown>;

/** Every method that a handle has or inherits, whatever this version of Node calls it. */
function methodsOf(handle: object): string[] {
  const names = new Set<string>();
  for (let at: object | null = handle; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === 'function' && name !== 'constructor') names.add(name);
    }
  }
  return [...names];
}

/** What the methods of Buffer and Uint8Array take, in the shapes that some of them would change a value with. */
const PARAMETERS: unknown[][] = [
  [],
  [0],
  [1, 0],
  [1, 0, 1],
  [1n, 0],
  ['AA', 0],
  ['AAAA'],
  [Buffer.from('AAAA'), 0],
  [0, 4, 8],
  [Buffer.alloc(8), 0, 0, 4],
  [(a: number, b: number) => b - a],
];

describe('the methods of an EncryptedBytes', () => {
  it('change it in no case', async () => {
    for (const handle of [await EncryptedBytes.encrypt(SECRET), await ssn.encrypt(SECRET)]) {
      const before = Buffer.from(handle);
      const methods = methodsOf(handle).filter((name) => !/^decrypt/.test(name));
      expect(methods.length).toBeGreaterThan(100);
      for (const name of methods) {
        for (const parameters of PARAMETERS) {
          try {
            (handle as unknown as Methods)[name]?.(...parameters);
          } catch {
            // Refused, or not its parameters.
          }
          expect(before.equals(handle), name).toBe(true);
        }
      }
      expect(await handle.decryptText()).toBe(SECRET);
    }
  });

  it('that change a Buffer in place are UNSUPPORTED', async () => {
    const handle = await EncryptedBytes.encrypt(SECRET);
    const names = methodsOf(Buffer.prototype).filter((name) => /write|^swap/i.test(name));
    expect(names).toEqual(expect.arrayContaining(['write', 'writeUInt8', 'writeUint8', 'writeBigInt64LE', 'swap64']));
    for (const name of [...names, 'fill', 'reverse', 'copyWithin', 'set', 'sort']) {
      const error = await expectCode('UNSUPPORTED', () => (handle as unknown as Methods)[name]?.(SECRET, 0));
      expect(error.message).toContain(`${name}()`);
      expect(error.message).not.toContain(SECRET);
    }
  });

  it('that give a changed copy still do', async () => {
    const handle = await EncryptedBytes.encrypt(SECRET);
    const plain = Buffer.from(handle);
    expect(handle.toReversed()).toEqual(Uint8Array.from(plain).toReversed());
    expect(handle.with(0, 1)[0]).toBe(1);
    expect(Buffer.from(handle).fill(0).length).toBe(handle.length);
    const target = Buffer.alloc(handle.length);
    expect(handle.copy(target)).toBe(handle.length);
    expect(target.equals(plain)).toBe(true);
  });
});

describe('a handle whose memory was changed after all', () => {
  /** The ways that JavaScript leaves open. */
  const ways: [string, (handle: EncryptedBytes, at: number) => void][] = [
    ['by an index', (handle, at) => Reflect.set(handle, at, (handle[at] as number) ^ 1)],
    ['through its buffer', (handle, at) => new Uint8Array(handle.buffer).fill((handle[at] as number) ^ 1, at, at + 1)],
    ['through a subarray', (handle, at) => handle.subarray(at, at + 1).fill((handle[at] as number) ^ 1)],
    ['through a slice', (handle, at) => handle.slice(at, at + 1).writeUInt8((handle[at] as number) ^ 1)],
    ['by a copy into it', (handle, at) => void Buffer.of((handle[at] as number) ^ 1).copy(handle, at)],
    [
      'by fill of the prototype',
      (handle, at) => void Uint8Array.prototype.fill.call(handle, (handle[at] as number) ^ 1, at, at + 1),
    ],
    [
      'by write of the prototype',
      (handle, at) => void Buffer.prototype.writeUInt8.call(handle, (handle[at] as number) ^ 1, at),
    ],
  ];

  it.each(ways)('%s does not decrypt: AUTH_FAILED', async (_name, change) => {
    const handle = await ssn.encrypt(SECRET);
    change(handle, handle.length - 20);
    await expectCode('AUTH_FAILED', () => handle.decryptText());
    await expectCode('AUTH_FAILED', () => ssn.decrypt(handle));
    await expectCode('AUTH_FAILED', () => ssn.decryptSync(handle));
    await expectCode('AUTH_FAILED', () => ssn.decryptMany([handle]));
  });

  it('in any byte never decrypts, and bytes of nonce, ciphertext and tag are AUTH_FAILED', async () => {
    const whole = Buffer.from(await ssn.encrypt(SECRET));
    for (let at = 0; at < whole.length; at++) {
      const handle = ssn.fromDatabase(whole);
      handle[at] = (handle[at] as number) ^ 1;
      const error = await handle.decryptText().then(
        () => expect.unreachable(`byte ${at} does not count`),
        (failure: unknown) => failure,
      );
      expect(SqlcrypterError.is(error) && error.code).toMatch(at < 8 ? /^(FRAME|KEY|AUTH)_/ : /^AUTH_FAILED$/);
    }
  });
});
