import { afterEach, describe, expect, it } from 'vitest';
import { decryptMany, encryptMany } from '../src/batch.js';
import type { Crypterer, SyncCrypterer } from '../src/crypterer.js';
import { defineCrypterer } from '../src/define-crypterer.js';
import { init, shutdown } from '../src/registry.js';
import { SqlcrypterError } from '../src/sqlcrypter-error.js';
import type { DecryptItem } from '../src/taken-values.js';
import { codeOf, errorOf } from './code-of.js';
import { createAsyncCrypterer, createLoadingCrypterer, createSyncCrypterer, OneKey } from './crypterers.js';

const KINDS = {
  'synchronous crypterer': () => createSyncCrypterer(),
  'asynchronous crypterer': () => createAsyncCrypterer(),
  'crypterer that loads keys': () => createLoadingCrypterer(),
} as const;

const VALUES = Array.from({ length: 30 }, (_, i) => ({
  plaintext: Buffer.from(`value ${i}`),
  context: { r: String(i) },
}));

async function encrypted(crypterer: Crypterer): Promise<DecryptItem[]> {
  const ciphertexts = await encryptMany(VALUES, { crypterer });
  return ciphertexts.map((ciphertext, i) => ({ ciphertext, context: { r: String(i) } }));
}

afterEach(() => shutdown());

describe.each(Object.entries(KINDS))('a batch with a %s', (_kind, create) => {
  it('gives ciphertexts and plaintexts in order, each under its context', async () => {
    const crypterer = create();
    const items = await encrypted(crypterer);
    expect(await decryptMany(items, { crypterer })).toEqual(VALUES.map(({ plaintext }) => plaintext));
    const third = items[3] as DecryptItem;
    expect(await codeOf(() => crypterer.decrypt(third.ciphertext, { context: { r: '4' } }))).toBe('AUTH_FAILED');
  });

  it('rejects with the first bad value in order, and its index', async () => {
    const crypterer = create();
    const items = await encrypted(crypterer);
    items[20] = { ciphertext: Buffer.from('text') };
    items[7] = { ...(items[7] as DecryptItem), context: { r: 'other' } };
    expect(await errorOf(() => decryptMany(items, { crypterer }))).toMatchObject({ code: 'AUTH_FAILED', index: 7 });
  });

  it('gives each error in its place when asked to collect', async () => {
    const crypterer = create();
    const items = await encrypted(crypterer);
    items[0] = { ciphertext: Buffer.alloc(0) };
    items[29] = { ...(items[29] as DecryptItem), context: {} };
    const results = await decryptMany(items, { crypterer, onError: 'collect' });
    expect(results.length).toBe(30);
    expect(results[0]).toMatchObject({ code: 'FRAME_UNKNOWN', index: 0 });
    expect(results[29]).toMatchObject({ code: 'AUTH_FAILED', index: 29 });
    expect(results.slice(1, 29)).toEqual(VALUES.slice(1, 29).map(({ plaintext }) => plaintext));
  });

  it('refuses a value to encrypt with its index', async () => {
    const crypterer = create();
    const items = [...VALUES, { plaintext: 'text' as never }, { plaintext: null as never }];
    expect(await errorOf(() => encryptMany(items, { crypterer }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      index: 30,
    });
    const wrongContext = [VALUES[0] as never, { plaintext: Buffer.alloc(1), context: { C: '' } }];
    expect(await errorOf(() => encryptMany(wrongContext, { crypterer }))).toMatchObject({
      code: 'CONTEXT_INVALID',
      index: 1,
    });
  });

  it('of nothing is nothing', async () => {
    const crypterer = create();
    expect(await encryptMany([], { crypterer })).toEqual([]);
    expect(await decryptMany([], { crypterer })).toEqual([]);
  });

  it('is given up when its signal has fired', async () => {
    const crypterer = create();
    const items = await encrypted(crypterer);
    const options = { crypterer, signal: AbortSignal.abort() };
    expect(await codeOf(() => encryptMany(VALUES, options))).toBe('ABORTED');
    expect(await codeOf(() => decryptMany(items, options))).toBe('ABORTED');
  });

  it('refuses what is no list of objects', async () => {
    const crypterer = create();
    for (const items of [null, undefined, {}, 'items', [null], [5], [VALUES[0], undefined], VALUES.values()]) {
      expect(await codeOf(() => encryptMany(items as never, { crypterer }))).toBe('INVALID_ARGUMENT');
      expect(await codeOf(() => decryptMany(items as never, { crypterer }))).toBe('INVALID_ARGUMENT');
    }
  });

  it('refuses a scope where there are none', async () => {
    const crypterer = create();
    expect(await codeOf(() => encryptMany(VALUES, { crypterer, scope: 'tenant-7' }))).toBe('UNSUPPORTED');
  });
});

describe('a batch', () => {
  it('uses the default crypterer, or says that there is none', async () => {
    expect(await codeOf(() => encryptMany(VALUES))).toBe('NOT_INITIALIZED');
    expect(await codeOf(() => decryptMany([]))).toBe('NOT_INITIALIZED');
    init(createSyncCrypterer());
    const [ciphertext] = await encryptMany([{ plaintext: Buffer.from('x') }]);
    expect(await decryptMany([{ ciphertext: ciphertext as Buffer }])).toEqual([Buffer.from('x')]);
  });

  it('has at most 8 values under way with an asynchronous crypterer', async () => {
    const crypterer = createAsyncCrypterer();
    await decryptMany(await encrypted(crypterer), { crypterer });
    expect(crypterer.most()).toBe(8);
  });

  it('loads all keys with one call, holds them until it is done, and not longer', async () => {
    const crypterer = createLoadingCrypterer();
    const items = await encrypted(crypterer);
    await decryptMany(items, { crypterer });
    expect(crypterer.asked).toEqual([items.map(({ ciphertext }) => ciphertext)]);
    expect(crypterer.held()).toBe(0);
    items[2] = { ciphertext: Buffer.from('text') };
    expect(await codeOf(() => decryptMany(items, { crypterer }))).toBe('FRAME_UNKNOWN');
    expect(crypterer.held()).toBe(0);
  });

  it('gives the reason why a key could not be loaded in the place of its value', async () => {
    const crypterer = createLoadingCrypterer();
    const items = await encrypted(crypterer);
    items[4] = { ciphertext: Buffer.from('unloadable') };
    const results = await decryptMany(items, { crypterer, onError: 'collect' });
    expect(results[4]).toMatchObject({ code: 'KMS_DENIED', index: 4 });
    expect(results[5]).toEqual(Buffer.from('value 5'));
    expect(await errorOf(() => decryptMany(items, { crypterer }))).toMatchObject({ code: 'KMS_DENIED', index: 4 });
  });

  it('says which of its items has no ciphertext', async () => {
    const crypterer = createLoadingCrypterer();
    const items = [...(await encrypted(crypterer)), { ciphertext: 'text' as never }];
    expect(await errorOf(() => decryptMany(items, { crypterer }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      index: 30,
    });
  });

  it('is given up in the middle when its signal fires', async () => {
    const crypterer = createAsyncCrypterer();
    const items = await encrypted(crypterer);
    const controller = new AbortController();
    const batch = decryptMany(items, { crypterer, signal: controller.signal });
    controller.abort();
    expect(await codeOf(() => batch)).toBe('ABORTED');
  });

  it('gives a code to what a crypterer by hand throws, and hides its message', async () => {
    const throwing = () => {
      throw new RangeError('SECRET');
    };
    const crypterer: Crypterer & SyncCrypterer = {
      scheme: 'by-hand',
      encrypt: throwing,
      decrypt: throwing,
      encryptSync: throwing,
      decryptSync: throwing,
    };
    const error = await errorOf(() => decryptMany([{ ciphertext: Buffer.alloc(1) }], { crypterer }));
    expect(error).toMatchObject({ code: 'PROVIDER_FAILED', index: 0, cause: { name: 'RangeError' } });
    expect(JSON.stringify(error)).not.toContain('SECRET');
  });
});

describe('a batch to encrypt', () => {
  /** Its data key is spent after two values at once; a call with a Promise fetches the next. */
  function spending(later: (plaintext: Buffer) => Promise<Buffer>) {
    let left = 2;
    return defineCrypterer({
      scheme: 'spending',
      encryptSync(plaintext) {
        if (left === 0) throw new SqlcrypterError('DEK_EXHAUSTED', 'Spent.');
        left -= 1;
        return plaintext;
      },
      encrypt(plaintext) {
        left = 2;
        return later(plaintext);
      },
      decryptSync: (ciphertext) => ciphertext,
    });
  }

  it('waits for the next data key where the current one is spent', async () => {
    const results = await encryptMany(VALUES, { crypterer: spending(async (plaintext) => plaintext) });
    expect(results).toEqual(VALUES.map(({ plaintext }) => plaintext));
  });

  it('fails with the index of the value for which none is to be had', async () => {
    const crypterer = spending(() => Promise.reject(new SqlcrypterError('KMS_UNAVAILABLE', 'Down.')));
    const error = await errorOf(() => encryptMany(VALUES, { crypterer }));
    expect(error).toMatchObject({ code: 'KMS_UNAVAILABLE', index: 2, retryable: true });
  });

  it('passes a scope on to a crypterer that has scopes', async () => {
    const key = new OneKey(1);
    const scopes: (string | undefined)[] = [];
    const crypterer = defineCrypterer({
      scheme: 'scoped',
      scopes: true,
      encrypt: async (plaintext, options) => {
        scopes.push(options.scope);
        return key.encryptSync(plaintext, options);
      },
      decrypt: async (ciphertext, options) => key.decryptSync(ciphertext, options),
    });
    await encryptMany(VALUES.slice(0, 2), { crypterer, scope: 'tenant-7' });
    expect(scopes).toEqual(['tenant-7', 'tenant-7']);
  });
});

const BYTES = Buffer.from('bytes');

it('a list that the caller changes while its keys are loaded is worked on as it was given', async () => {
  const crypterer = createLoadingCrypterer();
  const items = await Promise.all(
    ['first', 'second'].map(async (text) => ({ ciphertext: await crypterer.encrypt(Buffer.from(text)) })),
  );
  const decrypted = decryptMany(items, { crypterer });
  items.reverse();
  items.length = 1;
  expect((await decrypted).map(String)).toEqual(['first', 'second']);
});

describe('a list that is not what it should be', () => {
  it('a batch collects an item without ciphertext, with a crypterer that loads keys as with any other', async () => {
    const crypterer = createLoadingCrypterer();
    const items = [{ ciphertext: await crypterer.encrypt(BYTES) }, { ciphertext: 'text' as never }];
    const results = await decryptMany(items, { crypterer, onError: 'collect' });
    expect(results[0]).toEqual(BYTES);
    expect(results[1]).toMatchObject({ code: 'INVALID_ARGUMENT', index: 1 });
  });

  it('a batch to encrypt refuses a list with holes', async () => {
    const items = Array(2) as never;
    expect(await codeOf(() => encryptMany(items, { crypterer: createSyncCrypterer() }))).toBe('INVALID_ARGUMENT');
  });

  it('a batch to decrypt refuses a list with holes, whose places have neither value nor error', async () => {
    const items = Array(2) as never;
    expect(await codeOf(() => decryptMany(items, { crypterer: createSyncCrypterer() }))).toBe('INVALID_ARGUMENT');
  });
});

it('a batch refuses options that mean nothing', async () => {
  const crypterer = createSyncCrypterer();
  expect(await codeOf(() => encryptMany([], { crypterer, context: {} } as never))).toBe('INVALID_ARGUMENT');
  expect(await codeOf(() => decryptMany([], { crypterer, onerror: 'collect' } as never))).toBe('INVALID_ARGUMENT');
});
