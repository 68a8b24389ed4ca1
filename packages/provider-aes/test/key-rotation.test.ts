import { createHash, createSecretKey } from 'node:crypto';
import { DataKey } from '@sqlcrypter/core/provider';
import { describe, expect, it } from 'vitest';
import {
  type AesKey,
  createAesCrypterer,
  createAesKeyService,
  decryptMany,
  encryptMany,
  generateKey,
} from '../src/index.js';
import { errorOf } from './error-of.js';

const PLAINTEXT = Buffer.from('999-00-1337');
const [oldest, previous, current, next] = Array.from({ length: 4 }, generateKey) as [Buffer, Buffer, Buffer, Buffer];

const encrypt = (key: AesKey) => createAesCrypterer({ key }).encryptSync(PLAINTEXT);
const idOf = (ciphertext: Buffer) => ciphertext.readUInt32BE(4);

describe('rotation', () => {
  it('reads the values of every earlier key and of the next one, and writes under the current', () => {
    const crypterer = createAesCrypterer({ key: current, decryptKeys: [previous, oldest, next] });
    for (const key of [oldest, previous, current, next]) {
      expect(crypterer.decryptSync(encrypt(key))).toEqual(PLAINTEXT);
    }
    expect(idOf(crypterer.encryptSync(PLAINTEXT))).toBe(idOf(encrypt(current)));
  });

  it('leaves a window in which every process of a deployment reads what any other writes', () => {
    const before = createAesCrypterer({ key: current, decryptKeys: [next] });
    const after = createAesCrypterer({ key: next, decryptKeys: [current] });
    expect(before.decryptSync(after.encryptSync(PLAINTEXT))).toEqual(PLAINTEXT);
    expect(after.decryptSync(before.encryptSync(PLAINTEXT))).toEqual(PLAINTEXT);
  });

  it('ends with a key that is not found, and the error says which', async () => {
    const value = encrypt(oldest);
    const error = await errorOf(() => createAesCrypterer({ key: current }).decryptSync(value));
    const keyRef = idOf(value).toString(16).padStart(8, '0');
    expect(error).toMatchObject({ code: 'KEY_NOT_FOUND', keyRef, retryable: false });
    expect(error.message).toContain(keyRef);
  });

  it('works through a batch of values under different keys', async () => {
    const crypterer = createAesCrypterer({ key: current, decryptKeys: [previous, oldest] });
    const items = [oldest, current, previous, oldest].map((key) => ({ ciphertext: encrypt(key) }));
    expect(await decryptMany(items, { crypterer })).toEqual(Array(4).fill(PLAINTEXT));
    expect(await encryptMany([], { crypterer })).toEqual([]);
  });
});

describe('the id of a key', () => {
  it('is the first four bytes of its commitment unless it is given', () => {
    expect(idOf(encrypt(current))).toBe(new DataKey(current).defaultId);
    for (const id of [0, 1, 0xffff_ffff]) expect(idOf(encrypt({ id, key: current }))).toBe(id);
  });

  it('names the key of a value, whatever else is loaded', () => {
    const crypterer = createAesCrypterer({
      key: { id: 2, key: current },
      decryptKeys: [{ id: 1, key: previous }, { id: 0, key: oldest }, next],
    });
    for (const key of [{ id: 1, key: previous }, { id: 0, key: oldest }, next]) {
      expect(crypterer.decryptSync(encrypt(key))).toEqual(PLAINTEXT);
    }
  });

  it('that names another key does not authenticate, and the other keys are not tried', async () => {
    const value = encrypt({ id: 1, key: previous });
    const crypterer = createAesCrypterer({ key: { id: 1, key: current }, decryptKeys: [{ id: 2, key: previous }] });
    expect((await errorOf(() => crypterer.decryptSync(value))).code).toBe('AUTH_FAILED');
  });

  it('is an integer of 32 bits', async () => {
    for (const id of [-1, 2 ** 32, 1.5, Number.NaN, '1', null, undefined, 1n]) {
      const error = await errorOf(() => createAesCrypterer({ key: { id: id as number, key: current } }));
      expect(error.code).toBe('CONFIG');
    }
  });

  it.each<[string, AesKey, AesKey[]]>([
    ['the current key', current, [current]],
    ['the current key as a copy', current, [Buffer.from(current)]],
    ['the current key as a KeyObject', current, [createSecretKey(current)]],
    ['the current key with its id', { id: 3, key: current }, [{ id: 3, key: current }]],
    ['the current key with another id', { id: 3, key: current }, [{ id: 4, key: current }, current]],
    ['one another', current, [previous, Buffer.from(previous), { id: new DataKey(previous).defaultId, key: previous }]],
  ])('may be repeated: decryptKeys accepts %s', async (_what, key, decryptKeys) => {
    const crypterer = createAesCrypterer({ key, decryptKeys });
    expect(idOf(crypterer.encryptSync(PLAINTEXT))).toBe(idOf(encrypt(key)));
    for (const each of [key, ...decryptKeys]) expect(crypterer.decryptSync(encrypt(each))).toEqual(PLAINTEXT);
    const service = createAesKeyService({ key, decryptKeys });
    const { signal } = new AbortController();
    const { wrapped, plaintext } = await service.generateDataKey({ signal });
    expect((await service.unwrapDataKey(wrapped, { signal })).plaintext).toEqual(plaintext);
  });

  it('names one key: decryptKeys rejects another key with the same id', async () => {
    const twice: readonly (readonly [AesKey, AesKey[]])[] = [
      [{ id: 1, key: current }, [{ id: 1, key: previous }]],
      [
        current,
        [
          { id: 1, key: previous },
          { id: 1, key: oldest },
        ],
      ],
      [current, [{ id: new DataKey(current).defaultId, key: previous }]],
    ];
    for (const [key, decryptKeys] of twice) {
      for (const create of [createAesCrypterer, createAesKeyService]) {
        const error = await errorOf(() => create({ key, decryptKeys }));
        expect(error.code).toBe('CONFIG');
        expect(error.message).toContain('id');
      }
    }
  });

  it('of two keys may be the same by chance, and another id for one of them helps', async () => {
    const [one, other] = [9292, 53_140].map((n) => createHash('sha256').update(`key ${n}`).digest()) as [
      Buffer,
      Buffer,
    ];
    expect(new DataKey(one).defaultId).toBe(new DataKey(other).defaultId);
    const error = await errorOf(() => createAesCrypterer({ key: one, decryptKeys: [other] }));
    expect(error.message).toContain('{ id, key }');
    const crypterer = createAesCrypterer({ key: { id: 5, key: one }, decryptKeys: [other] });
    expect(crypterer.decryptSync(encrypt(other))).toEqual(PLAINTEXT);
    expect(crypterer.decryptSync(crypterer.encryptSync(PLAINTEXT))).toEqual(PLAINTEXT);
  });
});

describe('the options', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a key alone', current],
    ['decryptKeys that are no list', { key: current, decryptKeys: previous }],
    ['decryptKeys that are null', { key: current, decryptKeys: null }],
    ['an unknown suite', { key: current, suite: 'aes-128-gcm' }],
    ['an unknown mode for Go frames', { key: current, goFrames: true }],
    ['a misspelt name', { key: current, decryptKey: [previous] }],
  ])('are not %s', async (_what, options) => {
    expect((await errorOf(() => createAesCrypterer(options as never))).code).toBe('CONFIG');
  });

  it('choose the suite of what is written; both are read', () => {
    const [x, g] = (['xaes-256-gcm', 'aes-256-gcm'] as const).map((suite) =>
      createAesCrypterer({ key: current, suite }),
    );
    const values = [x, g].map((crypterer) => (crypterer as typeof x)?.encryptSync(PLAINTEXT) as Buffer);
    expect(values.map((value) => value.length - PLAINTEXT.length)).toEqual([48, 36]);
    for (const value of values) {
      expect(x?.decryptSync(value)).toEqual(PLAINTEXT);
      expect(g?.decryptSync(value)).toEqual(PLAINTEXT);
    }
  });
});

describe('values of other crypterers', () => {
  it('that name their key by fingerprint or carry it wrapped are told apart', async () => {
    const crypterer = createAesCrypterer({ key: current });
    const body = Buffer.alloc(60, 1);
    const byFingerprint = Buffer.concat([Buffer.from('00c71202', 'hex'), Buffer.alloc(16, 2), body]);
    const error = await errorOf(() => crypterer.decryptSync(byFingerprint));
    expect(error).toMatchObject({ code: 'KEY_NOT_FOUND', keyRef: '02'.repeat(16) });
    const wrapped = Buffer.concat([
      Buffer.from('00c71203', 'hex'),
      Buffer.alloc(16, 2),
      Buffer.from([2, 0, 1, 9]),
      body,
    ]);
    expect((await errorOf(() => crypterer.decryptSync(wrapped))).code).toBe('FRAME_UNSUPPORTED');
  });
});
