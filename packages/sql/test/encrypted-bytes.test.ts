import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { createAesCrypterer } from '@sqlcrypter/aes';
import { init, register, shutdown } from '@sqlcrypter/core';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EncryptedBytes } from '../src/index.js';
import { localKey } from './crypterers.js';
import { expectCode } from './expect-code.js';

const SECRET = '999-00-1234';

beforeEach(() => init(createAesCrypterer({ key: localKey(1) })));
afterEach(() => shutdown());

describe('encrypting and decrypting', () => {
  it('gives back the text', async () => {
    const value = await EncryptedBytes.encrypt(SECRET, { context: { purpose: 'payroll' } });
    expect(await value.decryptText()).toBe(SECRET);
    expect(value.decryptTextSync()).toBe(SECRET);
  });

  it('gives back the bytes', async () => {
    const bytes = Uint8Array.of(0, 255, 128, 7);
    const value = EncryptedBytes.encryptSync(bytes);
    expect(await value.decrypt()).toEqual(Buffer.from(bytes));
    expect(value.decryptSync()).toEqual(Buffer.from(bytes));
  });

  it('encrypts the empty string', async () => {
    const value = await EncryptedBytes.encrypt('');
    expect(value.length).toBe(48);
    expect(await value.decryptText()).toBe('');
  });

  it('gives back any well-formed text, a byte order mark included', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary' }).map((text) => `\ufeff${text}`.toWellFormed()),
        async (text) => {
          expect(await (await EncryptedBytes.encrypt(text)).decryptText()).toBe(text);
        },
      ),
      { seed: 1 },
    );
  });

  it('keeps what it is bound to and which crypterer serves it', async () => {
    const other = createAesCrypterer({ key: localKey(2) });
    const value = await EncryptedBytes.encrypt(SECRET, { context: { purpose: 'payroll' }, crypterer: other });
    expect(await value.decryptText()).toBe(SECRET);
    await expectCode('KEY_NOT_FOUND', () => EncryptedBytes.fromDatabase(Buffer.from(value)).decrypt());
  });

  it('keeps its context when the object it was given changes later', async () => {
    const context = { purpose: 'payroll' };
    const value = await EncryptedBytes.encrypt(SECRET, { context });
    context.purpose = 'other';
    expect(await value.decryptText()).toBe(SECRET);
  });

  it('takes context and crypterer at the call too, which come first', async () => {
    const other = createAesCrypterer({ key: localKey(2) });
    const written = await EncryptedBytes.encrypt(SECRET, { context: { purpose: 'payroll' }, crypterer: other });
    const read = EncryptedBytes.fromDatabase(Buffer.from(written));
    expect(await read.decryptText({ context: { purpose: 'payroll' }, crypterer: other })).toBe(SECRET);
    expect(read.decryptTextSync({ context: { purpose: 'payroll' }, crypterer: other })).toBe(SECRET);
    await expectCode('AUTH_FAILED', () => written.decrypt({ context: { purpose: 'other' } }));
    expect(await written.decryptText({ crypterer: other })).toBe(SECRET);
  });

  it('looks a named crypterer up when it is used', async () => {
    const value = EncryptedBytes.fromDatabase(
      Buffer.from(await EncryptedBytes.encrypt(SECRET, { crypterer: createAesCrypterer({ key: localKey(3) }) })),
      { crypterer: 'later' },
    );
    await expectCode('NOT_INITIALIZED', () => value.decrypt());
    register('later', createAesCrypterer({ key: localKey(3) }));
    expect(await value.decryptText()).toBe(SECRET);
  });

  it('refuses to decrypt a changed value', async () => {
    const value = await EncryptedBytes.encrypt(SECRET);
    value[value.length - 1] = (value.at(-1) ?? 0) ^ 1;
    await expectCode('AUTH_FAILED', () => value.decrypt());
    await expectCode('AUTH_FAILED', () => value.decryptSync());
  });

  it('refuses to give bytes that are not UTF-8 as text', async () => {
    const value = await EncryptedBytes.encrypt(Uint8Array.of(0xff, 0xfe));
    await expectCode('INVALID_ARGUMENT', () => value.decryptText());
    await expectCode('INVALID_ARGUMENT', () => value.decryptTextSync());
  });

  it('ends the wait when the signal fires', async () => {
    const value = await EncryptedBytes.encrypt(SECRET);
    await expectCode('ABORTED', () => value.decrypt({ signal: AbortSignal.abort() }));
    await expectCode('ABORTED', () => EncryptedBytes.encrypt(SECRET, { signal: AbortSignal.abort() }));
  });
});

describe('what it refuses to encrypt', () => {
  it.each([
    ['null', null],
    ['undefined', undefined],
    ['a number', 5],
    ['a Promise', Promise.resolve(SECRET)],
    ['an object', { ssn: SECRET }],
    ['an array', [1, 2]],
  ])('%s', async (_name, plaintext) => {
    const error = await expectCode('INVALID_ARGUMENT', () => EncryptedBytes.encrypt(plaintext as never));
    expect(String(error)).not.toContain(SECRET);
    await expectCode('INVALID_ARGUMENT', () => EncryptedBytes.encryptSync(plaintext as never));
  });

  it('a value that is encrypted already', async () => {
    const value = await EncryptedBytes.encrypt(SECRET);
    await expectCode('INVALID_ARGUMENT', () => EncryptedBytes.encrypt(value));
    const hex = `\\x${value.toString('hex')}`;
    for (const form of [
      Buffer.from(value),
      structuredClone(value),
      new Uint8Array(value),
      hex,
      `sc1.${value.toString('base64url')}`,
      JSON.parse(JSON.stringify(value)) as string,
    ]) {
      await expectCode('INVALID_ARGUMENT', () => EncryptedBytes.encrypt(form));
    }
    for (const text of ['AMc', 'AMcSAg==', 'AMcGee, Ada']) {
      expect(await (await EncryptedBytes.encrypt(text)).decryptText()).toBe(text);
    }
  });

  it('text that half of a character is missing from', async () => {
    await expectCode('INVALID_ARGUMENT', () => EncryptedBytes.encrypt('\ud800'));
  });
});

describe('the context', () => {
  it.each(['c', 'r', 'tn'])('leaves the name %s to columns', async (name) => {
    await expectCode('CONTEXT_INVALID', () => EncryptedBytes.encrypt(SECRET, { context: { [name]: 'x' } }));
    await expectCode('CONTEXT_INVALID', () =>
      EncryptedBytes.fromDatabase(Buffer.alloc(60), { context: { [name]: 'x' } }),
    );
  });

  it.each([['text'], [null], [[]], [{ UPPER: 'x' }], [{ a: 5 }]])('is refused as %j', async (context) => {
    await expectCode('CONTEXT_INVALID', () => EncryptedBytes.encrypt(SECRET, { context: context as never }));
  });

  it('may hold bytes', async () => {
    const value = await EncryptedBytes.encrypt(SECRET, { context: Object.freeze({ key: Buffer.from('id') }) });
    expect(await value.decryptText()).toBe(SECRET);
  });
});

describe('the options', () => {
  it('are refused unless they are an object', async () => {
    const value = await EncryptedBytes.encrypt(SECRET);
    await expectCode('INVALID_ARGUMENT', () => value.decryptText('utf8' as never));
    await expectCode('INVALID_ARGUMENT', () => EncryptedBytes.fromDatabase(value, null as never));
  });

  it.each([
    ['a Promise', Promise.resolve()],
    ['null', null],
    ['an empty name', ''],
    ['an object', {}],
  ])('refuse %s as crypterer', async (_name, crypterer) => {
    await expectCode('CONFIG', () => EncryptedBytes.encrypt(SECRET, { crypterer: crypterer as never }));
  });
});

describe('what drivers hand back', () => {
  const forms: [string, (ciphertext: Buffer) => unknown][] = [
    ['a Buffer', (ciphertext) => ciphertext],
    ['a Uint8Array', (ciphertext) => Uint8Array.from(ciphertext)],
    ['a view into a larger memory', (ciphertext) => Buffer.concat([Buffer.alloc(9), ciphertext]).subarray(9)],
    ['an ArrayBuffer', (ciphertext) => Uint8Array.from(ciphertext).buffer],
    [
      'a SharedArrayBuffer',
      (ciphertext) => {
        const shared = new SharedArrayBuffer(ciphertext.length);
        new Uint8Array(shared).set(ciphertext);
        return shared;
      },
    ],
    [
      'a Uint8Array of another realm',
      (ciphertext) => runInNewContext('Uint8Array.from(list)', { list: [...ciphertext] }),
    ],
    [
      'an ArrayBuffer of another realm',
      (ciphertext) => runInNewContext('Uint8Array.from(list).buffer', { list: [...ciphertext] }),
    ],
    ['hexadecimal text', (ciphertext) => `\\x${ciphertext.toString('hex')}`],
    ['hexadecimal text in capitals', (ciphertext) => `\\x${ciphertext.toString('hex').toUpperCase()}`],
    ['text of a text column', (ciphertext) => `sc1.${ciphertext.toString('base64url')}`],
    ['another EncryptedBytes', (ciphertext) => EncryptedBytes.fromDatabase(ciphertext)],
    ['a structured clone', (ciphertext) => structuredClone(EncryptedBytes.fromDatabase(ciphertext))],
  ];
  it.each(forms)('is read as %s', async (_name, form) => {
    const ciphertext = Buffer.from(await EncryptedBytes.encrypt(SECRET));
    const value = EncryptedBytes.fromDatabase(form(ciphertext) as Buffer);
    expect(value).toBeInstanceOf(EncryptedBytes);
    expect(Buffer.compare(value, ciphertext)).toBe(0);
    expect(await value.decryptText()).toBe(SECRET);
  });

  it('stays null for NULL', () => {
    expect(EncryptedBytes.fromDatabase(null)).toBeNull();
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['a number', 7],
    ['a Promise', Promise.resolve(Buffer.alloc(60))],
    ['an object', {}],
    ['a Buffer as JSON', { type: 'Buffer', data: [0, 199] }],
    ['a Uint16Array', new Uint16Array(40)],
    ['plaintext', SECRET],
    ['empty text', ''],
    ['hexadecimal text with a wrong digit', '\\x00c7zz'],
    ['hexadecimal text with half a byte', '\\x00c71'],
    ['hexadecimal text without its start', '00c712'],
    ['base64url with padding', 'sc1.AMcSAQ=='],
    ['base64 of the other alphabet', 'sc1.AMc+/w'],
    ['base64url with bits that mean nothing', 'sc1.AMcSAR'],
    ['base64url with a space', 'sc1.AMcS AQ'],
    ['capital letters in the prefix', 'SC1.AMcSAQ'],
  ])('is refused as %s', async (_name, value) => {
    const error = await expectCode('INVALID_ARGUMENT', () => EncryptedBytes.fromDatabase(value as Buffer));
    expect(inspect(error)).not.toContain(SECRET);
  });

  it('is a coded error when it is decrypted and no ciphertext', async () => {
    await expectCode('FRAME_UNKNOWN', () => EncryptedBytes.fromDatabase(Buffer.from(SECRET)).decrypt());
    await expectCode('FRAME_UNKNOWN', () => EncryptedBytes.fromDatabase(new Uint8Array(0)).decrypt());
    await expectCode('FRAME_TRUNCATED', () => EncryptedBytes.fromDatabase(Uint8Array.of(0, 0xc7, 0x12)).decrypt());
  });

  it('takes hexadecimal text of 4 MiB', () => {
    const large = Buffer.alloc(4 * 1024 * 1024, 0xc7);
    expect(EncryptedBytes.fromDatabase(`\\x${large.toString('hex')}`).length).toBe(large.length);
  });

  it('is copied: the driver may use its memory again', async () => {
    const ciphertext = Buffer.from(await EncryptedBytes.encrypt(SECRET));
    const value = EncryptedBytes.fromDatabase(ciphertext);
    ciphertext.fill(0);
    expect(await value.decryptText()).toBe(SECRET);
    expect(ciphertext).not.toBeInstanceOf(EncryptedBytes);
  });

  it('has memory of its own, in which nothing else can be seen', async () => {
    for (const value of [
      await EncryptedBytes.encrypt(SECRET),
      EncryptedBytes.fromDatabase(Buffer.from('x'.repeat(90))),
    ]) {
      expect(value.buffer.byteLength).toBe(value.byteLength);
      expect(value.byteOffset).toBe(0);
    }
  });
});

describe('what can be seen of it', () => {
  it('is [REDACTED] as text', async () => {
    const value = await EncryptedBytes.encrypt(SECRET);
    expect(String(value)).toBe('[REDACTED]');
    expect(`${value}`).toBe('[REDACTED]');
    expect(`a ${value}`).toBe('a [REDACTED]');
    expect(value.toString()).toBe('[REDACTED]');
    expect(value.toLocaleString()).toBe('[REDACTED]');
    expect([value, value].join()).toBe('[REDACTED],[REDACTED]');
  });

  it('is [REDACTED] to inspect, however deep it lies', async () => {
    const value = await EncryptedBytes.encrypt(SECRET);
    expect(inspect(value)).toBe('[REDACTED]');
    expect(inspect({ rows: [{ ssn: value }] }, { depth: 9 })).toBe('{ rows: [ { ssn: [REDACTED] } ] }');
    expect(inspect(new Map([['ssn', value]]))).toBe("Map(1) { 'ssn' => [REDACTED] }");
  });

  it('is [REDACTED] on the console', async () => {
    const value = await EncryptedBytes.encrypt(SECRET);
    const written: string[] = [];
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      written.push(String(chunk));
      return true;
    });
    const { Console } = await import('node:console');
    new Console(process.stdout).log('%s %o', value, { ssn: value });
    write.mockRestore();
    expect(written.join('')).toContain('[REDACTED]');
    expect(written.join('')).not.toContain(value.toString('hex').slice(0, 8));
  });

  it('is base64 of the ciphertext in JSON, which reads back', async () => {
    const value = await EncryptedBytes.encrypt(SECRET);
    const json = JSON.stringify({ ssn: value });
    expect(json).toBe(`{"ssn":"${value.toString('base64')}"}`);
    const back = EncryptedBytes.fromJSON((JSON.parse(json) as { ssn: string }).ssn);
    expect(await back.decryptText()).toBe(SECRET);
    expect(EncryptedBytes.fromJSON(null)).toBeNull();
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['bytes', Buffer.from('AMcS')],
    ['empty text', ''],
    ['base64url', 'AMc-_w'],
    ['base64 without padding', 'AMcSAQ'],
    ['base64 with bits that mean nothing', 'AMcSAR=='],
    ['base64 with a line break', 'AMcS\nAQ=='],
    ['plaintext', SECRET],
  ])('is not read from JSON as %s', async (_name, json) => {
    const error = await expectCode('INVALID_ARGUMENT', () => EncryptedBytes.fromJSON(json as string));
    expect(error.message).not.toContain(SECRET);
  });

  it('is the ciphertext where an encoding is named: drivers escape through it', async () => {
    const value = await EncryptedBytes.encrypt(SECRET);
    const plain = Buffer.from(value);
    for (const encoding of ['hex', 'base64', 'base64url', 'latin1', 'utf8'] as const) {
      expect(value.toString(encoding)).toBe(plain.toString(encoding));
    }
    expect(value.toString('hex', 0, 2)).toBe('00c7');
  });
});

describe('as a Buffer', () => {
  it('is one for every driver: by isBuffer, by instanceof, and by its bytes', async () => {
    const value = await EncryptedBytes.encrypt(SECRET);
    expect(Buffer.isBuffer(value)).toBe(true);
    expect(value).toBeInstanceOf(Buffer);
    expect(value).toBeInstanceOf(Uint8Array);
    expect(ArrayBuffer.isView(value)).toBe(true);
    expect(Buffer.concat([value]).equals(value)).toBe(true);
  });

  it('gives plain Buffers where parts of it are taken', async () => {
    const value = await EncryptedBytes.encrypt(SECRET);
    const parts = [
      value.subarray(1),
      value.slice(1),
      value.map((byte) => byte),
      value.filter(() => true),
      Buffer.from(value),
    ];
    for (const part of parts) {
      expect(Buffer.isBuffer(part)).toBe(true);
      expect(part).not.toBeInstanceOf(EncryptedBytes);
    }
    expect(structuredClone(value)).not.toBeInstanceOf(EncryptedBytes);
    expect(Buffer.from(structuredClone(value)).equals(value)).toBe(true);
  });

  it.each(['from', 'of', 'alloc', 'allocUnsafe', 'allocUnsafeSlow', 'concat', 'copyBytesFrom'])(
    'is not made by %s, which would hold plaintext',
    async (name) => {
      const factory = (EncryptedBytes as unknown as Record<string, (...values: unknown[]) => unknown>)[name];
      const error = await expectCode('INVALID_ARGUMENT', () => factory?.call(EncryptedBytes, SECRET));
      expect(error.message).toContain('EncryptedBytes.encrypt()');
      expect(error.message).not.toContain(SECRET);
    },
  );

  it('is not made by new, also with the means of reflection', async () => {
    await expectCode('INVALID_ARGUMENT', () => Reflect.construct(EncryptedBytes, [8]));
  });

  it('is told from other Buffers', async () => {
    expect(EncryptedBytes.is(await EncryptedBytes.encrypt(SECRET))).toBe(true);
    for (const other of [Buffer.alloc(60), null, undefined, 'text', {}]) expect(EncryptedBytes.is(other)).toBe(false);
  });
});

it('keeps a byte value of its context as it was', async () => {
  const crypterer = createAesCrypterer({ key: localKey(1) });
  const id = Buffer.from('row-1');
  const handle = await EncryptedBytes.encrypt('x', { crypterer, context: { id } });
  id.write('row-2');
  expect(await handle.decryptText()).toBe('x');
});
