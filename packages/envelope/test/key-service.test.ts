import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { SqlcrypterError, type Suite } from '@sqlcrypter/core';
import { describe, expect, it, vi } from 'vitest';
import { createEnvelopeCrypterer, type EnvelopeOptions, type KeyService } from '../src/index.js';
import { codeOf, errorOf } from './support/error-code.js';
import { createEnvelope, hang, MemoryKms } from './support/memory-kms.js';

const SUITES: readonly Suite[] = ['xaes-256-gcm', 'aes-256-gcm'];

describe('a crypterer over a key service of two methods', () => {
  it.each(SUITES)('reads after a restart what it wrote, bound to its context, with %s', async (suite) => {
    const kms = new MemoryKms();
    const writer = await createEnvelope(kms, { suite });
    const context = { c: 'employees.ssn' };
    const ciphertext = await writer.encrypt(Buffer.from('999-00-1234'), { context });

    const reader = await createEnvelope(kms, { suite });
    expect((await reader.decrypt(ciphertext, { context })).toString()).toBe('999-00-1234');
    expect(await codeOf(reader.decrypt(ciphertext, { context: { c: 'employees.name' } }))).toBe('AUTH_FAILED');
    expect(kms.calls).toEqual({ generate: 2, unwrap: 1 });
    expect(reader.scheme).toBe('memory');
  });

  it('takes bytes of another realm from it, and wipes them', async () => {
    const foreign = (bytes: Uint8Array): Uint8Array => runInNewContext('Uint8Array.from(list)', { list: [...bytes] });
    const kms = new MemoryKms();
    const plaintexts: Uint8Array[] = [];
    const service: KeyService = {
      provider: kms.provider,
      scheme: kms.scheme,
      async generateDataKey(options) {
        const { plaintext, wrapped, keyId } = await kms.generateDataKey(options);
        plaintexts.push(foreign(plaintext));
        return { plaintext: plaintexts.at(-1) as Uint8Array, wrapped: foreign(wrapped), keyId };
      },
      async unwrapDataKey(wrapped, options) {
        const { plaintext, keyId } = await kms.unwrapDataKey(wrapped, options);
        plaintexts.push(foreign(plaintext));
        return { plaintext: plaintexts.at(-1) as Uint8Array, keyId };
      },
    };
    const ciphertext = await (await createEnvelopeCrypterer(service)).encrypt(Buffer.from('a'));
    expect(String(await (await createEnvelopeCrypterer(service)).decrypt(ciphertext))).toBe('a');
    expect(plaintexts).toHaveLength(3);
    for (const plaintext of plaintexts) expect(plaintext.every((byte) => byte === 0)).toBe(true);
  });

  it('closes the services, each once', async () => {
    const kms = Object.assign(new MemoryKms(), { close: vi.fn(async () => undefined) });
    const fallback = Object.assign(new MemoryKms(), { close: vi.fn(async () => undefined) });
    const crypterer = await createEnvelopeCrypterer(kms, { fallback: [fallback] });
    await crypterer.close();
    await crypterer.close();
    expect(kms.close).toHaveBeenCalledTimes(1);
    expect(fallback.close).toHaveBeenCalledTimes(1);
  });

  it('closes the service when the first data key cannot be had', async () => {
    const kms = Object.assign(new MemoryKms(), { close: vi.fn(async () => undefined) });
    kms.before = () => {
      throw new SqlcrypterError('KMS_DENIED', 'No.');
    };
    expect(await codeOf(createEnvelopeCrypterer(kms))).toBe('KMS_DENIED');
    expect(kms.close).toHaveBeenCalledTimes(1);
  });

  it('tells why the first data key cannot be had even if the service fails to close', async () => {
    const kms = Object.assign(new MemoryKms(), { close: () => Promise.reject(new Error('cannot close')) });
    kms.before = () => {
      throw new SqlcrypterError('KMS_DENIED', 'No.');
    };
    expect(await codeOf(createEnvelopeCrypterer(kms))).toBe('KMS_DENIED');
  });
});

describe('a key service that breaks the contract', () => {
  const secret = 'the data key is 0123456789';

  const services: Readonly<Record<string, () => Partial<KeyService>>> = {
    'throws before it gives a promise': () => ({
      generateDataKey: () => {
        throw new Error(secret);
      },
      unwrapDataKey: () => {
        throw new Error(secret);
      },
    }),
    'rejects with an error without a code': () => ({
      generateDataKey: () => Promise.reject(new RangeError(secret)),
      unwrapDataKey: () => Promise.reject(new RangeError(secret)),
    }),
    'rejects with no error at all': () => ({
      generateDataKey: () => Promise.reject(secret),
      unwrapDataKey: () => Promise.reject(undefined),
    }),
    'answers with nothing': () => ({
      generateDataKey: async () => undefined as never,
      unwrapDataKey: async () => null as never,
    }),
    'answers without a promise': () => ({
      generateDataKey: () => ({ plaintext: randomBytes(32) }) as never,
      unwrapDataKey: () => undefined as never,
    }),
    'answers without the wrapped key': () => ({
      generateDataKey: async () => ({ plaintext: randomBytes(32), keyId: 'key' }) as never,
      unwrapDataKey: async () => ({ plaintext: secret }) as never,
    }),
  };

  it.each(Object.entries(services))(
    'that %s ends in PROVIDER_FAILED, and its words are not repeated',
    async (_, make) => {
      const kms = new MemoryKms();
      const ciphertext = await (await createEnvelope(kms)).encrypt(Buffer.from('value'));
      const broken = { provider: kms.provider, scheme: kms.scheme, ...make() } as KeyService;

      const reader = await createEnvelope(broken, { generate: 'never' });
      for (const call of [createEnvelopeCrypterer(broken), reader.decrypt(ciphertext)]) {
        const error = await errorOf(call);
        expect(error.code).toBe('PROVIDER_FAILED');
        expect(inspect(error, { depth: null, showHidden: true }) + error.stack).not.toContain(secret);
      }
    },
  );

  it.each([0, 16, 31, 33, 64])('that hands out a key of %i bytes ends in KMS_INVALID_BLOB', async (length) => {
    const kms = new MemoryKms();
    const ciphertext = await (await createEnvelope(kms)).encrypt(Buffer.from('value'));
    const plaintext = randomBytes(length);
    const answer = { plaintext, wrapped: randomBytes(60), keyId: 'key' };
    const broken: KeyService = {
      provider: kms.provider,
      scheme: kms.scheme,
      generateDataKey: async () => answer,
      unwrapDataKey: async () => answer,
    };
    expect(await codeOf(createEnvelopeCrypterer(broken))).toBe('KMS_INVALID_BLOB');
    expect(plaintext).toEqual(Buffer.alloc(length));
    const reader = await createEnvelope(broken, { generate: 'never' });
    expect(await codeOf(reader.decrypt(ciphertext))).toBe('KMS_INVALID_BLOB');
    expect(reader.stats().cachedKeys).toBe(0);
  });

  it.each([0, 65_536])('that wraps into %i bytes ends in CONFIG', async (length) => {
    const kms = new MemoryKms();
    kms.wrap = () => Buffer.alloc(length);
    expect(await codeOf(createEnvelopeCrypterer(kms))).toBe('CONFIG');
  });

  it('that answers after the deadline has its key zeroed, and nonsense for an answer harms nobody', async () => {
    const late = { plaintext: randomBytes(32), wrapped: randomBytes(60), keyId: 'key' };
    for (const answer of [late, undefined, {}, { plaintext: 'text' }]) {
      let give: (value: unknown) => void = () => undefined;
      const slow = Object.assign(new MemoryKms(), {
        generateDataKey: () => new Promise((resolve) => (give = resolve)) as never,
      });
      expect(await codeOf(createEnvelopeCrypterer(slow, { requestTimeout: 1 }))).toBe('KMS_TIMEOUT');
      give(answer);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(late.plaintext).toEqual(Buffer.alloc(32));
  });
});

describe('createEnvelopeCrypterer answers CONFIG', () => {
  const kms = new MemoryKms();
  const notServices: readonly unknown[] = [
    undefined,
    null,
    'memory',
    {},
    { ...kms, provider: 200, scheme: 'memory', generateDataKey: hang },
    { provider: 0, scheme: 'memory', generateDataKey: hang, unwrapDataKey: hang },
    { provider: 256, scheme: 'memory', generateDataKey: hang, unwrapDataKey: hang },
    { provider: 1.5, scheme: 'memory', generateDataKey: hang, unwrapDataKey: hang },
    { provider: 200, scheme: '', generateDataKey: hang, unwrapDataKey: hang },
    { provider: 200, scheme: 7, generateDataKey: hang, unwrapDataKey: hang },
  ];

  it.each(notServices)('to what is not a key service: %j', async (service) => {
    expect(await codeOf(createEnvelopeCrypterer(service as KeyService, { generate: 'never' }))).toBe('CONFIG');
  });

  const badFallbacks: readonly unknown[] = [
    null,
    kms,
    [null],
    [{}],
    [{ provider: 201, scheme: 'memory', generateDataKey: hang, unwrapDataKey: hang }],
  ];

  it.each(badFallbacks)('to a fallback that is none, or of another provider: %j', async (fallback) => {
    const options = { generate: 'never', fallback } as EnvelopeOptions;
    expect(await codeOf(createEnvelopeCrypterer(kms, options))).toBe('CONFIG');
  });
});
