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

/** A crypterer that says what tells it from others. */
function configured(configuration: readonly unknown[] | undefined, scheme = 'configured') {
  return defineCrypterer({
    scheme,
    encryptSync: (plaintext) => plaintext,
    decryptSync: (ciphertext) => ciphertext,
    ...(configuration && { configuration }),
  });
}

describe('a module that is evaluated twice', () => {
  const client = {};

  it('registers a crypterer of equal configuration twice, and the first stays', () => {
    const [first, second] = [configured(['key 1', 'xaes', client]), configured(['key 1', 'xaes', client])];
    init(first);
    init(second);
    register('archive', first);
    register('archive', second);
    expect([getCrypterer(), getCrypterer('archive')]).toEqual([first, first]);
    expect(getCrypterer()).toBe(first);
    expect(second.closed).toBe(false);
  });

  it.each([
    ['another value', configured(['key 2', 'xaes', client])],
    ['another object', configured(['key 1', 'xaes', {}])],
    ['fewer parts', configured(['key 1', 'xaes'])],
    ['more parts', configured(['key 1', 'xaes', client, undefined])],
    ['another scheme', configured(['key 1', 'xaes', client], 'other')],
    ['no configuration', configured(undefined)],
  ])('cannot register one with %s', async (_what, other) => {
    init(configured(['key 1', 'xaes', client]));
    const error = await errorOf(() => init(other));
    expect(error.code).toBe('ALREADY_INITIALIZED');
    expect(error.message).toContain('{ replace: true }');
    expect(error.message).not.toContain('key 1');
  });

  it('replaces one of equal configuration where that is asked for', () => {
    const second = configured(['key 1']);
    init(configured(['key 1']));
    init(second, { replace: true });
    expect(getCrypterer()).toBe(second);
  });

  it.each(otherCopies)('may have got the first crypterer from $name', ({ core: otherCopy, provider }) => {
    const define = {
      scheme: 'configured',
      encryptSync: (bytes: Buffer) => bytes,
      decryptSync: (bytes: Buffer) => bytes,
    };
    const first = provider.defineCrypterer({ ...define, configuration: ['key 1'] });
    otherCopy.init(first);
    init(configured(['key 1']));
    expect(getCrypterer()).toBe(first);
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
