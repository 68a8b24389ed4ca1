import { afterEach, describe, expect, it } from 'vitest';
import type { Crypterer } from '../src/crypterer.js';
import { defineCrypterer } from '../src/define-crypterer.js';
import { decrypt, encrypt } from '../src/module-functions.js';
import { getCrypterer, init, register, shutdown } from '../src/registry.js';
import { codeOf, errorOf } from './code-of.js';
import { createSyncCrypterer } from './crypterers.js';
import { otherCopies } from './other-copies.js';

afterEach(() => shutdown().catch(() => undefined));

/** A crypterer whose close is counted, and fails if told to. */
function closing(fails = false) {
  let closes = 0;
  const made = defineCrypterer({
    scheme: 'closing',
    encryptSync: (plaintext) => plaintext,
    decryptSync: (ciphertext) => ciphertext,
    async close() {
      closes += 1;
      if (fails) throw new Error('cannot close');
    },
  });
  return { crypterer: made, closes: () => closes };
}

describe('the default crypterer', () => {
  it('is the one that init was given', () => {
    const one = createSyncCrypterer();
    init(one);
    expect(getCrypterer()).toBe(one);
  });

  it('is missing before init, and the error says what to do', async () => {
    const error = await errorOf(() => getCrypterer());
    expect(error.code).toBe('NOT_INITIALIZED');
    expect(error.message).toContain('init(');
  });

  it('may be set to the same instance again', () => {
    const one = createSyncCrypterer();
    init(one);
    init(one);
    expect(getCrypterer()).toBe(one);
  });

  it('is not replaced by another unless that is asked for', async () => {
    const [one, other] = [createSyncCrypterer(), createSyncCrypterer()];
    init(one);
    expect(await codeOf(() => init(other))).toBe('ALREADY_INITIALIZED');
    expect(getCrypterer()).toBe(one);
    init(other, { replace: true });
    expect(getCrypterer()).toBe(other);
  });

  it('may be replaced once it is closed', async () => {
    const { crypterer: one } = closing();
    const other = createSyncCrypterer();
    init(one);
    await one.close();
    init(other);
    expect(getCrypterer()).toBe(other);
  });

  it.each([
    ['null', null],
    ['nothing', undefined],
    ['a Promise, because the factory was not awaited', Promise.resolve(createSyncCrypterer())],
    ['an object without methods', {}],
  ])('cannot be %s', async (_what, value) => {
    expect(await codeOf(() => init(value as Crypterer))).toBe('CONFIG');
    expect(await codeOf(() => getCrypterer())).toBe('NOT_INITIALIZED');
  });

  it('tells a Promise by its name', async () => {
    const error = await errorOf(() => init(Promise.resolve() as never));
    expect(error.message).toContain('a Promise');
  });
});

describe('a named crypterer', () => {
  it('stands beside the default and other names', async () => {
    const [one, other, third] = [createSyncCrypterer(1), createSyncCrypterer(2), createSyncCrypterer(3)];
    init(one);
    register('archive', other);
    register('constructor', third);
    expect([getCrypterer(), getCrypterer('archive'), getCrypterer('constructor')]).toEqual([one, other, third]);
    expect(await codeOf(() => getCrypterer('unknown'))).toBe('NOT_INITIALIZED');
    expect(await codeOf(() => getCrypterer('toString'))).toBe('NOT_INITIALIZED');
  });

  it('follows the rules of the default', async () => {
    const [one, other] = [createSyncCrypterer(), createSyncCrypterer()];
    register('archive', one);
    register('archive', one);
    expect(await codeOf(() => register('archive', other))).toBe('ALREADY_INITIALIZED');
    register('archive', other, { replace: true });
    expect(getCrypterer('archive')).toBe(other);
    expect(await codeOf(() => register('archive', null as never))).toBe('CONFIG');
  });

  it('needs a name', async () => {
    for (const name of ['', undefined, null, 5]) {
      expect(await codeOf(() => register(name as string, createSyncCrypterer()))).toBe('CONFIG');
    }
  });
});

describe('shutdown', () => {
  it('closes every crypterer once, also one with several names, and empties the registry', async () => {
    const [one, other] = [closing(), closing()];
    init(one.crypterer);
    register('same', one.crypterer);
    register('other', other.crypterer);
    await shutdown();
    expect([one.closes(), other.closes()]).toEqual([1, 1]);
    expect(await codeOf(() => getCrypterer())).toBe('NOT_INITIALIZED');
    expect(await codeOf(() => getCrypterer('same'))).toBe('NOT_INITIALIZED');
  });

  it('closes all even if one fails, and then fails', async () => {
    const [failing, other] = [closing(true), closing()];
    init(failing.crypterer);
    register('other', other.crypterer);
    expect(await codeOf(() => shutdown())).toBe('PROVIDER_FAILED');
    expect([failing.closes(), other.closes()]).toEqual([1, 1]);
    expect(await codeOf(() => getCrypterer())).toBe('NOT_INITIALIZED');
  });

  it('passes over what cannot be closed, and does nothing where nothing is registered', async () => {
    await shutdown();
    init({ scheme: 'by-hand', encrypt: async () => Buffer.alloc(0), decrypt: async () => Buffer.alloc(0) });
    await shutdown();
    expect(await codeOf(() => getCrypterer())).toBe('NOT_INITIALIZED');
  });
});

describe('two copies of the package in one process', () => {
  it.each(otherCopies)('share the registry with $name', async ({ core: otherCopy }) => {
    expect(otherCopy.init).not.toBe(init);
    const one = createSyncCrypterer();
    init(one);
    expect(otherCopy.getCrypterer()).toBe(one);
    const ciphertext = await otherCopy.encrypt(Buffer.from('x'));
    expect((await decrypt(ciphertext)).toString()).toBe('x');
    otherCopy.register('archive', one);
    expect(getCrypterer('archive')).toBe(one);
    expect(await codeOf(() => otherCopy.init(createSyncCrypterer()))).toBe('ALREADY_INITIALIZED');
    await otherCopy.shutdown();
    expect(await codeOf(() => getCrypterer())).toBe('NOT_INITIALIZED');
    expect(await codeOf(() => encrypt(Buffer.from('x')))).toBe('NOT_INITIALIZED');
  });
});
