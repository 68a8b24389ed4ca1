import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAesCrypterer, generateKey, parseKey } from '../src/index.js';
import { errorOf } from './error-of.js';

const keys = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));

/** No eight characters of what stood behind the colon are in the message. */
function echoes(message: string, text: string): boolean {
  const body = text.slice(text.indexOf(':') + 1);
  for (let i = 0; i + 8 <= body.length; i++) if (message.includes(body.slice(i, i + 8))) return true;
  return false;
}

async function refusal(text: unknown): Promise<string> {
  const error = await errorOf(() => parseKey(text as string));
  expect(error.code).toBe('CONFIG');
  return error.message;
}

describe('parseKey', () => {
  it('reads what was written as base64 or hex', () => {
    fc.assert(
      fc.property(keys, (key) => {
        expect(parseKey(`base64:${key.toString('base64')}`)).toEqual(key);
        expect(parseKey(`hex:${key.toString('hex')}`)).toEqual(key);
        expect(parseKey(`hex:${key.toString('hex').toUpperCase()}`)).toEqual(key);
      }),
      { seed: 1 },
    );
  });

  it('gives memory of its own', () => {
    expect(parseKey(`hex:${'5a'.repeat(32)}`).buffer.byteLength).toBe(32);
  });

  it('refuses every key that was changed by a hand or a shell, and never echoes it', async () => {
    const changes: readonly ((text: string, at: number) => string)[] = [
      (text, at) => text.slice(0, at),
      (text, at) => text.slice(0, at) + text.slice(at + 1),
      (text, at) => `${text.slice(0, at)} ${text.slice(at)}`,
      (text, at) => `${text.slice(0, at)}\n${text.slice(at)}`,
      (text, at) => `${text.slice(0, at)}-${text.slice(at + 1)}`,
      (text, at) => `${text.slice(0, at)}é${text.slice(at + 1)}`,
      (text, at) => `${text.slice(0, at)}A${text.slice(at)}`,
      (text) => `${text}\n`,
      (text) => ` ${text}`,
      (text) => `"${text}"`,
      (text) => text.replace(':', ''),
      (text) => text.replace(':', '='),
      (text) => text.toUpperCase().replace('HEX', 'Hex'),
      (text) => text.slice(text.indexOf(':') + 1),
    ];
    await fc.assert(
      fc.asyncProperty(
        keys,
        fc.boolean(),
        fc.nat({ max: 40 }),
        fc.constantFrom(...changes),
        async (key, hex, at, change) => {
          const text = hex ? `hex:${key.toString('hex')}` : `base64:${key.toString('base64')}`;
          const offset = text.indexOf(':') + 1 + at;
          const changed = change(text, offset);
          fc.pre(changed !== text);
          expect(echoes(await refusal(changed), changed)).toBe(false);
        },
      ),
      { seed: 2, numRuns: 2000 },
    );
  });

  it('refuses keys of any other length', async () => {
    const wrong = fc.uint8Array({ maxLength: 100 }).filter(({ length }) => length !== 32);
    await fc.assert(
      fc.asyncProperty(wrong, fc.constantFrom('base64', 'hex'), async (bytes, encoding) => {
        const text = `${encoding}:${Buffer.from(bytes).toString(encoding as BufferEncoding)}`;
        expect(await refusal(text)).toMatch(/characters/);
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  it('refuses any other text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.base64String()), async (text) => {
        expect(echoes(await refusal(text), text)).toBe(false);
      }),
      { seed: 4, numRuns: 500 },
    );
  });

  it('refuses base64 whose last character has more bits than the key', async () => {
    const text = `base64:${Buffer.alloc(32).toString('base64')}`;
    expect(parseKey(text)).toEqual(Buffer.alloc(32));
    for (const last of ['B', 'C', 'D']) {
      expect(await refusal(text.replace(/A=$/, `${last}=`))).toContain('canonical');
    }
  });

  it('refuses base64url, which another decoder might read', async () => {
    const key = Buffer.alloc(32, 0xfb);
    expect(await refusal(`base64:${key.toString('base64url')}`)).toContain('base64');
  });

  it('says of a variable that is not set that it may not be set', async () => {
    for (const missing of [undefined, '']) expect(await refusal(missing)).toContain('environment variable');
  });

  it('refuses what is no string', async () => {
    for (const wrong of [null, 5, Buffer.alloc(32), ['base64:'], {}, Symbol('key')]) await refusal(wrong);
  });
});

describe('generateKey', () => {
  it('gives a new key of 32 bytes each time, which parseKey reads back', () => {
    const key = generateKey();
    expect([key.length, key.buffer.byteLength]).toEqual([32, 32]);
    expect(generateKey()).not.toEqual(key);
    expect(parseKey(`base64:${key.toString('base64')}`)).toEqual(key);
  });
});

describe('the key of a crypterer', () => {
  const bytes = generateKey();

  it('is the same key as bytes, as a Buffer and as a KeyObject', async () => {
    const ciphertext = await createAesCrypterer({ key: bytes }).encrypt(Buffer.from('x'));
    for (const key of [
      new Uint8Array(bytes),
      createSecretKey(bytes),
      { id: idOf(ciphertext), key: createSecretKey(bytes) },
    ]) {
      expect((await createAesCrypterer({ key }).decrypt(ciphertext)).toString()).toBe('x');
    }
  });

  it('is copied, so that the application may zero its own', async () => {
    const own = Buffer.from(bytes);
    const crypterer = createAesCrypterer({ key: own });
    own.fill(0);
    const ciphertext = await crypterer.encrypt(Buffer.from('x'));
    expect((await createAesCrypterer({ key: bytes }).decrypt(ciphertext)).toString()).toBe('x');
    expect(own).toEqual(Buffer.alloc(32));
  });

  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const SECRET_TEXT = 'SECRET'.padEnd(32, 'x');

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a string of 32 characters', SECRET_TEXT],
    ['a string that parseKey would read', `hex:${'00'.repeat(32)}`],
    ['31 bytes', Buffer.alloc(31)],
    ['33 bytes', Buffer.alloc(33)],
    ['16 bytes, as for AES-128', Buffer.alloc(16)],
    ['an array', Array(32).fill(0)],
    ['a KeyObject of 16 bytes', createSecretKey(Buffer.alloc(16))],
    ['a public key', publicKey],
    ['a private key', privateKey],
    ['an id without a key', { id: 1 }],
    ['an id with a string', { id: 1, key: SECRET_TEXT }],
    ['a key without an id', { key: Buffer.alloc(32, 1) }],
  ])('is not %s', async (_what, key) => {
    for (const options of [{ key }, { key: bytes, decryptKeys: [key] }]) {
      const error = await errorOf(() => createAesCrypterer(options as never));
      expect(error.code).toBe('CONFIG');
      expect(error.message).not.toContain('SECRET');
      expect(error.message).toContain('decryptKeys' in options ? 'decryptKeys[0]' : 'key');
    }
  });

  it('says of a string how to make a key of it', async () => {
    const { message } = await errorOf(() => createAesCrypterer({ key: SECRET_TEXT as never }));
    expect(message).toContain('parseKey()');
  });
});

function idOf(ciphertext: Buffer): number {
  return ciphertext.readUInt32BE(4);
}

it.each(['constructor', 'toString', '__proto__'])('parseKey knows no encoding called %s', async (name) => {
  expect((await errorOf(() => parseKey(`${name}:${'A'.repeat(43)}=`))).code).toBe('CONFIG');
});

it.each(['base64 that is not canonical', 'one character too many'])(
  'parseKey leaves nothing of a key in shared memory: %s',
  async (kind) => {
    const key = generateKey();
    const text = key.toString('base64');
    const wrong = kind.startsWith('one')
      ? `${text}=`
      : text.replace(/.=$/, (end) => `${String.fromCharCode(end.charCodeAt(0) + 1)}=`);
    await errorOf(() => parseKey(`base64:${wrong}`));
    expect(Buffer.from(Buffer.from('x').buffer).includes(key)).toBe(false);
  },
);

it('refuses a key whose memory was wiped before', async () => {
  const key = generateKey();
  createAesCrypterer({ key });
  key.fill(0);
  expect((await errorOf(() => createAesCrypterer({ key }))).code).toBe('CONFIG');
});
