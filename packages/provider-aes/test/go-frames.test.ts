import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { salamander } from '../../../testing/contract/src/salamander.js';
import { type AesCrypterer, createAesCrypterer, generateKey } from '../src/index.js';
import { errorOf } from './error-of.js';

interface GoKeys {
  readonly currentKeyHex: string;
  readonly previousKeyHex?: string | null;
}

interface GoVectors {
  readonly cases: readonly (GoKeys & { id: string; plaintextB64: string; ciphertextB64: string; nonceHex: string })[];
  readonly rotation: readonly {
    id: string;
    decryptWith: GoKeys;
    encryptedUnder: string;
    ciphertextB64: string;
    outcome: string;
    plaintextB64: string | null;
  }[];
  readonly malformed: readonly (GoKeys & { id: string; note: string; ciphertextB64: string; outcome: string })[];
  readonly constructor: readonly { currentKeyLen: number; previousKeyLen: number; outcome: string }[];
}

interface GoValues {
  readonly providers: readonly (GoKeys & {
    id: string;
    cases: readonly { id: string; plaintextB64: string; valueB64: string | null }[];
    scan: readonly { input: string; inputB64?: string; outcome: string; targetAfterB64: string }[];
  })[];
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../testing/vectors/go-sqlcrypter/${name}`, import.meta.url), 'utf8'));
}

const vectors = read<GoVectors>('aesgcm.json');
const values = read<GoValues>('encrypted-bytes.json');

const base64 = (text: string) => Buffer.from(text, 'base64');

function reader({ currentKeyHex, previousKeyHex }: GoKeys, goFrames: 'reject' | 'read' = 'read'): AesCrypterer {
  const decryptKeys = previousKeyHex ? [Buffer.from(previousKeyHex, 'hex')] : [];
  return createAesCrypterer({ key: Buffer.from(currentKeyHex, 'hex'), decryptKeys, goFrames });
}

/** AES-256-GCM as the Go library calls it. */
function goEncrypt(key: Buffer, nonce: Buffer, plaintext: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function goDecrypt(key: Buffer, ciphertext: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, ciphertext.subarray(0, 12), { authTagLength: 16 });
  decipher.setAuthTag(ciphertext.subarray(-16));
  return Buffer.concat([decipher.update(ciphertext.subarray(12, -16)), decipher.final()]);
}

describe('values that the Go library encrypted', () => {
  it.each(vectors.cases)('are read: $id', (vector) => {
    const ciphertext = base64(vector.ciphertextB64);
    expect(reader(vector).decryptSync(ciphertext)).toEqual(base64(vector.plaintextB64));
  });

  it.each(vectors.cases)('are refused unless they are allowed: $id', async (vector) => {
    const error = await errorOf(() => reader(vector, 'reject').decryptSync(base64(vector.ciphertextB64)));
    expect(error.code).toBe('FRAME_UNKNOWN');
  });

  it.each(vectors.rotation)('are read under the current and the previous key: $id, $encryptedUnder', async (vector) => {
    const decrypt = () => reader(vector.decryptWith).decryptSync(base64(vector.ciphertextB64));
    if (vector.outcome === 'ok') expect(decrypt()).toEqual(base64(vector.plaintextB64 as string));
    else expect((await errorOf(decrypt)).code).toBe('FRAME_UNKNOWN');
  });

  it.each(vectors.malformed)('are refused with a code where they are malformed: $id, $note', async (vector) => {
    expect(vector.outcome).not.toBe('ok');
    const ciphertext = base64(vector.ciphertextB64);
    for (const mode of ['read', 'reject'] as const) {
      expect((await errorOf(() => reader(vector, mode).decryptSync(ciphertext))).code).toBe('FRAME_UNKNOWN');
    }
  });

  it.each(values.providers.flatMap((provider) => provider.cases.map((value) => ({ provider, ...value }))))(
    'are read from a column: $id',
    ({ provider, plaintextB64, valueB64 }) => {
      // The Go library writes NULL for an empty value that was not made on purpose: there is nothing to decrypt.
      if (valueB64 === null) expect(plaintextB64).toBe('');
      else expect(reader(provider).decryptSync(base64(valueB64))).toEqual(base64(plaintextB64));
    },
  );

  it.each(values.providers.flatMap((provider) => provider.scan.map((scan) => ({ provider, ...scan }))))(
    'are told from other bytes in a column: $provider.id, $input',
    async ({ provider, inputB64, outcome, targetAfterB64 }) => {
      if (inputB64 === undefined) return; // No bytes: what a driver gives for NULL, text or a number.
      const decrypt = () => reader(provider).decryptSync(base64(inputB64));
      if (outcome === 'ok') expect(decrypt()).toEqual(base64(targetAfterB64));
      else expect((await errorOf(decrypt)).code).toBe('FRAME_UNKNOWN');
    },
  );
});

describe('the keys that the Go library takes', () => {
  it.each(vectors.constructor)(
    'are taken here, and no others: $currentKeyLen and $previousKeyLen bytes',
    async ({ currentKeyLen, previousKeyLen, outcome }) => {
      const options = {
        key: currentKeyLen < 0 ? (undefined as never) : Buffer.alloc(currentKeyLen, 1),
        decryptKeys: previousKeyLen < 0 ? [] : [Buffer.alloc(previousKeyLen, 2)],
      };
      if (outcome === 'ok') createAesCrypterer(options);
      else expect((await errorOf(() => createAesCrypterer(options))).code).toBe('CONFIG');
    },
  );
});

describe('values written for the Go library', () => {
  const key = generateKey();
  const writer = createAesCrypterer({ key, goFrames: 'write' });

  it('have its layout and open with plain AES-256-GCM', async () => {
    for (const length of [0, 1, 11, 16, 1000]) {
      const plaintext = randomBytes(length);
      for (const frame of [writer.encryptSync(plaintext), await writer.encrypt(plaintext, { context: { c: 'x' } })]) {
        expect(frame.length).toBe(12 + length + 16);
        expect(goDecrypt(key, frame)).toEqual(plaintext);
      }
    }
  });

  it('have nonces of their own', () => {
    const nonces = Array.from({ length: 10_000 }, () => writer.encryptSync(Buffer.alloc(0)).toString('latin1', 0, 12));
    expect(new Set(nonces).size).toBe(10_000);
  });

  it('are read by their writer, which reads v1 values too', () => {
    const v1 = createAesCrypterer({ key }).encryptSync(Buffer.from('v1'), { context: { c: 'x' } });
    expect(writer.decryptSync(v1, { context: { c: 'x' } }).toString()).toBe('v1');
    expect(writer.decryptSync(writer.encryptSync(Buffer.from('go'))).toString()).toBe('go');
  });
});

describe('a reader of both', () => {
  const [key, previousKey] = [generateKey(), generateKey()];
  const crypterer = createAesCrypterer({ key, decryptKeys: [previousKey], goFrames: 'read' });
  const plaintext = Buffer.from('read as Go reads it');

  it('reads a Go value whose nonce begins like any v1 frame', () => {
    const id = crypterer.encryptSync(Buffer.alloc(0)).toString('hex', 4, 8);
    for (const start of ['00', '00c7', '00c711', '00c71101', '00c71202', '00c71203', '00c7ff', `00c71201${id}`]) {
      const nonce = Buffer.concat([Buffer.from(start, 'hex'), randomBytes(12)]).subarray(0, 12);
      for (const each of [key, previousKey]) {
        for (const value of [plaintext, Buffer.alloc(100, 7)]) {
          expect(crypterer.decryptSync(goEncrypt(each, nonce, value))).toEqual(value);
        }
      }
    }
  });

  it('fails as a v1 reader does where the value opens under no key', async () => {
    const strict = createAesCrypterer({ key, decryptKeys: [previousKey] });
    const frame = strict.encryptSync(plaintext);
    const inputs = [
      frame.subarray(0, -1),
      frame.subarray(0, 20),
      frame.subarray(0, 1),
      Buffer.alloc(0),
      Buffer.from('text'),
      createAesCrypterer({ key: generateKey() }).encryptSync(plaintext),
      goEncrypt(generateKey(), randomBytes(12), plaintext),
    ];
    for (const input of inputs) {
      const { code } = await errorOf(() => strict.decryptSync(input));
      expect((await errorOf(() => crypterer.decryptSync(input))).code).toBe(code);
    }
  });

  it('does not take a v1 value for a Go value when its header is cut off', async () => {
    for (const suite of ['xaes-256-gcm', 'aes-256-gcm'] as const) {
      const frame = createAesCrypterer({ key, suite }).encryptSync(plaintext);
      const error = await errorOf(() => crypterer.decryptSync(frame.subarray(frame.length - plaintext.length - 28)));
      expect(error.code).toMatch(/^FRAME_/);
    }
  });
});

describe('a Go value that opens under two keys', () => {
  it('is read under the current key, then under decryptKeys in order; Go tries the previous key first', () => {
    const [first, second] = [generateKey(), generateKey()];
    const nonce = Buffer.alloc(12, 1);
    const value = Buffer.concat([nonce, salamander({ key: first, nonce }, { key: second, nonce }, Buffer.alloc(0))]);
    const [underFirst, underSecond] = [goDecrypt(first, value), goDecrypt(second, value)];
    expect(underFirst).not.toEqual(underSecond);
    const read = (key: Buffer, ...decryptKeys: Buffer[]) =>
      createAesCrypterer({ key, decryptKeys, goFrames: 'read' }).decryptSync(value);
    expect(read(first, second)).toEqual(underFirst);
    expect(read(second, first)).toEqual(underSecond);
    expect(read(generateKey(), second, first)).toEqual(underSecond);
  });
});
