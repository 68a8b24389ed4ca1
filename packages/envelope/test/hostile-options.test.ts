import type { KeyStore } from '@sqlcrypter/core/provider';
import { describe, expect, it, vi } from 'vitest';
import { createEnvelopeCrypterer, ENVELOPE_OPTION_NAMES, type KeyService, rewrap } from '../src/index.js';
import { codeOf, errorOf } from './support/error-code.js';
import { createStored, openTable } from './support/key-tables.js';
import { createEnvelope, MemoryKms } from './support/memory-kms.js';
import { whenTestEnds } from './support/when-test-ends.js';

const refuse = () => {
  throw new Error('secret');
};
const throwing = (name: string) => Object.defineProperty({}, name, { enumerable: true, get: refuse }) as never;
const hostileErrors: Readonly<Record<string, unknown>> = {
  'a proxy that throws when it is read': new Proxy({}, { get: refuse }),
  'a proxy that hides what it is': new Proxy(new Error('secret'), { getPrototypeOf: refuse }),
  'an error whose name throws': Object.defineProperty(new Error('secret'), 'name', { get: refuse }),
  text: 'secret',
  nothing: undefined,
};

describe('options that cannot be read are CONFIG', () => {
  it.each(ENVELOPE_OPTION_NAMES)('where the getter of %s throws', async (name) => {
    const error = await errorOf(createEnvelopeCrypterer(new MemoryKms(), throwing(name)));
    expect(error.code).toBe('CONFIG');
    expect(error.message).not.toContain('secret');
  });

  it.each(['dekCache', 'dekLimits', 'storedKeys', 'decryptRateLimit'])(
    'where %s is a proxy that throws',
    async (name) => {
      const options = { [name]: new Proxy({}, { get: refuse, ownKeys: refuse }), store: openTable().table };
      expect(await codeOf(createEnvelopeCrypterer(new MemoryKms(), options))).toBe('CONFIG');
    },
  );

  it('where the options are a proxy that throws, and where the key service is', async () => {
    const proxy = new Proxy({}, { get: refuse, ownKeys: refuse });
    expect(await codeOf(createEnvelopeCrypterer(new MemoryKms(), proxy))).toBe('CONFIG');
    expect(await codeOf(createEnvelopeCrypterer(proxy as KeyService))).toBe('CONFIG');
    expect(await codeOf(rewrap(proxy as never))).toBe('CONFIG');
    for (const name of ['store', 'from', 'to', 'signal']) expect(await codeOf(rewrap(throwing(name)))).toBe('CONFIG');
  });

  it('or are what they were when they were first read', async () => {
    let reads = 0;
    const options = {
      get generate() {
        reads += 1;
        return reads === 1 ? ('never' as const) : ('bogus' as never);
      },
    };
    const crypterer = await createEnvelope(new MemoryKms(), options);
    expect([reads, await codeOf(() => crypterer.encryptSync(Buffer.alloc(1)))]).toEqual([1, 'UNSUPPORTED']);
  });

  it('and what rewrap would ignore is CONFIG', async () => {
    const options = { store: openTable().table, to: new MemoryKms() };
    expect(await codeOf(rewrap({ ...options, removeOthers: 'no' as never }))).toBe('CONFIG');
    expect(await codeOf(rewrap({ ...options, signal: 'no signal' as never }))).toBe('CONFIG');
  });
});

describe('whatever is thrown below ends in a coded error', () => {
  it.each(Object.entries(hostileErrors))('by a key service: %s', async (_, thrown) => {
    const kms = new MemoryKms();
    const value = await (await createEnvelope(kms)).encrypt(Buffer.from('value'));
    const reader = await createEnvelope(kms, { generate: 'never' });
    const { table } = openTable();
    const stored = await createStored(table, kms);
    kms.before = () => {
      throw thrown;
    };
    const calls = [
      () => createEnvelopeCrypterer(kms),
      () => reader.decrypt(value),
      () => reader.loadKeys([value]),
      () => createEnvelopeCrypterer(kms, { store: table }),
      () => rewrap({ store: table, to: kms }),
    ];
    for (const call of calls) {
      const error = await errorOf(call);
      expect(error.code).toBe('PROVIDER_FAILED');
      expect(JSON.stringify(error) + error.message).not.toContain('secret');
    }
    await stored.close();
  });

  it.each(['plaintext', 'wrapped'])('by an answer whose %s throws', async (name) => {
    const answer = { plaintext: Buffer.alloc(32, 1), wrapped: Buffer.alloc(60), keyId: 'memory' };
    const hostile = Object.defineProperty(answer, name, { get: refuse });
    const kms = Object.assign(new MemoryKms(), { generateDataKey: async () => hostile });
    expect(await codeOf(createEnvelopeCrypterer(kms))).toBe('PROVIDER_FAILED');
  });

  it.each(Object.entries(hostileErrors))('by a key store: %s', async (_, thrown) => {
    const { table } = openTable();
    let isBroken = false;
    const store = new Proxy(table, {
      get(target, name) {
        const method = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) => (isBroken ? Promise.reject(thrown) : Reflect.apply(method, target, args));
      },
    }) as KeyStore;
    const crypterer = await createEnvelopeCrypterer(new MemoryKms(), { store });
    whenTestEnds(() => crypterer.close());
    const value = await crypterer.encrypt(Buffer.from('value'));
    isBroken = true;
    crypterer.forgetKeys();
    const calls = [
      () => crypterer.checkRevocations(),
      () => crypterer.decrypt(value),
      () => crypterer.loadKeys([value]),
      () => crypterer.encrypt(Buffer.from('value'), { scope: 'tenant' }),
      () => createEnvelopeCrypterer(new MemoryKms(), { store }),
      () => rewrap({ store, to: new MemoryKms() }),
    ];
    for (const call of calls) expect(await codeOf(call)).toBe('PROVIDER_FAILED');
  });
});

it('timers that are numbers, as in jsdom, are timers', async () => {
  const start = globalThis.setTimeout;
  const timers = new Map<number, NodeJS.Timeout>();
  const stop = globalThis.clearTimeout;
  vi.stubGlobal('setTimeout', (work: () => void, milliseconds: number) => {
    timers.set(timers.size + 1, start(work, milliseconds));
    return timers.size;
  });
  vi.stubGlobal('clearTimeout', (timer: number) => stop(timers.get(timer)));
  whenTestEnds(() => vi.unstubAllGlobals());
  const crypterer = await createEnvelopeCrypterer(new MemoryKms(), { store: openTable().table });
  expect(String(await crypterer.decrypt(await crypterer.encrypt(Buffer.from('value'))))).toBe('value');
  await crypterer.close();
  expect(timers.size).toBeGreaterThan(1);
});
