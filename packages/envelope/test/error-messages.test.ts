import { randomBytes } from 'node:crypto';
import { SqlcrypterError } from '@sqlcrypter/core';
import { DataKey, encodeContext, encodeFrameHeader } from '@sqlcrypter/core/provider';
import { describe, expect, it, vi } from 'vitest';
import { createEnvelopeCrypterer, type EnvelopeOptions, type KeyService, rewrap } from '../src/index.js';
import { errorOf } from './support/error-code.js';
import { DAY, fakeTime, settle } from './support/fake-time.js';
import { frameUnder, strayValue } from './support/frames.js';
import { createStored, openTable } from './support/key-tables.js';
import { beDown, createEnvelope, hang, MemoryKms } from './support/memory-kms.js';

/** What was given, what was expected, and what to do: the words of each error that a reader needs. */
type Case = readonly [what: string, call: () => unknown, code: string, says: readonly string[]];

const TEXT = Buffer.from('value');
const NO_CONTEXT = encodeContext(undefined);

/** A service that does what it is given, and else what a good one does. */
const serviceThat = (odd: Record<string, unknown>): MemoryKms => Object.assign(new MemoryKms(), odd);

const create = (options: Record<string, unknown>, service: unknown = new MemoryKms()) =>
  createEnvelopeCrypterer(service as KeyService, options as EnvelopeOptions);

const withStore = (options: Record<string, unknown>, service: unknown = new MemoryKms()) =>
  create({ store: openTable().table, ...options }, service);

function localValue(): Buffer {
  const header = encodeFrameHeader('xaes-256-gcm', { kind: 1, id: 0x1f });
  return new DataKey(randomBytes(32)).seal(TEXT, header, NO_CONTEXT);
}

const CONFIGURATION: readonly Case[] = [
  [
    'no key service',
    () => create({}, { ...new MemoryKms(), provider: 256 }),
    'CONFIG',
    ['The first argument of createEnvelopeCrypterer is not', 'provider (1 to 255)', 'unwrapDataKey.'],
  ],
  ['fallbacks', () => create({ fallback: 'none' }), 'CONFIG', ['fallback is not a list', 'array of key services']],
  ['a fallback', () => create({ fallback: [new MemoryKms(), {}] }), 'CONFIG', ['fallback[1] is not a key service']],
  [
    'a fallback of another provider',
    () => create({ fallback: [serviceThat({ provider: 201 })] }),
    'CONFIG',
    ['fallback is of provider 201', 'of 200', 'Expected the same'],
  ],
  [
    'other key services',
    () => withStore({ otherKeyServices: 7 }),
    'CONFIG',
    ['otherKeyServices is not a list', 'array of key services'],
  ],
  [
    'one of the other key services',
    () => withStore({ otherKeyServices: [null] }),
    'CONFIG',
    ['otherKeyServices[0] is not a key service'],
  ],
  [
    'a service that cannot wrap',
    () => withStore({}, serviceThat({ wrapDataKey: undefined })),
    'CONFIG',
    ['key service memory has no wrapDataKey', 'binds a wrapped key to its row'],
  ],
  ['generate', () => create({ generate: 'now' }), 'CONFIG', ['Unknown generate.', "'start', 'first-use', 'never'"]],
  ['goFrames', () => create({ goFrames: 'yes' }), 'CONFIG', ['Unknown goFrames.', "'reject', 'read', 'write'"]],
  ['inline', () => withStore({ inline: 'no' }), 'CONFIG', ['Unknown inline.', "'write', 'read', 'deny'"]],
  ...(['inline', 'otherKeyServices', 'storedKeys'] as const).map(
    (name): Case => [
      `${name} without a store`,
      () => create({ [name]: { inline: 'read', otherKeyServices: [], storedKeys: {} }[name] }),
      'CONFIG',
      [`${name} means something with a key table only`, 'Expected store beside it'],
    ],
  ),
  ['a store', () => create({ store: {} }), 'CONFIG', ['store is not a key store', 'what createKeyTable() gave']],
  ['no store', () => create({ store: null }), 'CONFIG', ['store is not a key store']],
  [
    'another suite with a store',
    () => withStore({ suite: 'aes-256-gcm' }),
    'CONFIG',
    ["the suite is 'xaes-256-gcm', and Go frames are not written", 'data key, and the random nonces of the others'],
  ],
  ['Go frames with a store', () => withStore({ goFrames: 'write' }), 'CONFIG', ['Go frames are not written']],
  ...(
    [
      ['requestTimeout', 0, 'milliseconds'],
      ['requestTimeout', 2 ** 31, 'is 2147483648. Expected at most 2147483647 milliseconds'],
      ['dekCache.maxSize', 0, 'bytes'],
      ['dekCache.ttl', 0, 'milliseconds'],
      ['dekLimits.maxValues', 0, 'values'],
      ['dekLimits.maxValues', 2 ** 40 + 1, 'is 1099511627777. Expected at most 1099511627776: beyond it random'],
      ['dekLimits.maxBytes', 0, 'bytes'],
      ['dekLimits.maxAge', 0, 'milliseconds'],
      ['storedKeys.branchLifetime', 0, 'milliseconds'],
      ['storedKeys.grace', 0, 'milliseconds'],
      ['storedKeys.revocationInterval', 0, 'milliseconds'],
      ['storedKeys.revocationInterval', 2 ** 31, 'Expected at most 2147483647 milliseconds'],
    ] as const
  ).map(([path, value, says]): Case => {
    const [option, inner] = path.split('.') as [string, string?];
    const options = { [option]: inner === undefined ? value : { [inner]: value } };
    return [`${path}: ${value}`, () => withStore(options), 'CONFIG', [path, says]];
  }),
  ...(
    [
      [{ rps: 0, burst: 1 }, 'decryptRateLimit.rps', 'unwraps per second'],
      [{ rps: 1, burst: 0.5 }, 'decryptRateLimit.burst', 'unwraps'],
    ] as const
  ).map(([decryptRateLimit, path, unit]): Case => [path, () => create({ decryptRateLimit }), 'CONFIG', [path, unit]]),
  ...(['dekCache', 'dekLimits', 'decryptRateLimit', 'storedKeys'] as const).map(
    (option): Case => [`${option}.odd`, () => withStore({ [option]: { odd: 1 } }), 'CONFIG', [option, 'odd']],
  ),
  ['an option', () => create({ odd: 1 }), 'CONFIG', ['createEnvelopeCrypterer', 'odd']],
];

const KMS: readonly Case[] = [
  [
    'a service without a code',
    () => create({}, serviceThat({ generateDataKey: () => Promise.reject(new RangeError('SECRET')) })),
    'PROVIDER_FAILED',
    ['threw an error that has no code', "its name is this error's cause"],
  ],
  [
    'an answer without a key',
    () => create({}, serviceThat({ generateDataKey: async () => ({}) })),
    'PROVIDER_FAILED',
    ['without a data key or without its wrapped form', 'Expected { plaintext, wrapped, keyId }'],
  ],
  [
    'a data key of another length',
    () => create({}, serviceThat({ generateDataKey: async () => ({ plaintext: Buffer.alloc(16), wrapped: TEXT }) })),
    'KMS_INVALID_BLOB',
    ['does not have 256 bits', 'made by something else'],
  ],
  [
    'no answer in time',
    () => create({ requestTimeout: 5 }, serviceThat({ before: hang })),
    'KMS_TIMEOUT',
    ['did not answer within 5 ms (requestTimeout)', 'Check the network path'],
  ],
  [
    'a fallback that fails, too',
    () => create({ fallback: [serviceThat({ before: beDown })] }, serviceThat({ before: beDown })),
    'KMS_UNAVAILABLE',
    ['The service is down.', 'The fallback did not help: KMS_UNAVAILABLE.'],
  ],
  [
    'too many unwraps',
    async () => {
      const kms = new MemoryKms();
      const [one, other] = await Promise.all([1, 2].map(async () => (await createEnvelope(kms)).encrypt(TEXT)));
      const reader = await createEnvelope(kms, { generate: 'never', decryptRateLimit: { rps: 0.5, burst: 1 } });
      await reader.decrypt(one as Buffer);
      await reader.decrypt(other as Buffer);
    },
    'KMS_RATE_LIMITED',
    ['the limit of 0.5 unwraps a second (burst 1)', 'the KMS was not called', 'raise decryptRateLimit'],
  ],
  [
    'a wrapped key that is too long for a Go frame',
    () =>
      create(
        { goFrames: 'write' },
        serviceThat({ generateDataKey: async () => ({ plaintext: randomBytes(32), wrapped: Buffer.alloc(256) }) }),
      ),
    'CONFIG',
    ['wraps data keys into 256 bytes', 'hold 1 to 255', "leave goFrames at 'read'"],
  ],
];

const VALUES: readonly Case[] = [
  [
    'no key to write with yet',
    async () => (await createEnvelope(new MemoryKms(), { generate: 'first-use' })).encryptSync(TEXT),
    'KEY_NOT_LOADED',
    ['no data key to encrypt with yet', "generate: 'start'."],
  ],
  [
    'a reader that is to write',
    async () => (await createEnvelope(new MemoryKms(), { generate: 'never' })).encrypt(TEXT),
    'UNSUPPORTED',
    ["created with generate: 'never'", 'Create one that may make data keys'],
  ],
  [
    'a key that is not loaded',
    async () => {
      const kms = new MemoryKms();
      const value = await (await createEnvelope(kms)).encrypt(TEXT);
      (await createEnvelope(kms)).decryptSync(value);
    },
    'KEY_NOT_LOADED',
    ['not in memory, and a synchronous call cannot ask the KMS', 'Await loadKeys()', 'keep its lease while you read'],
  ],
  [
    'a value under a local key',
    async () => (await createEnvelope(new MemoryKms())).decrypt(localValue()),
    'KEY_NOT_FOUND',
    ['names a local key by its id (0000001f)', 'this memory crypterer does not have', 'the crypterer that wrote it'],
  ],
  [
    'a value under a key table',
    async () => (await createEnvelope(new MemoryKms())).decrypt(strayValue()),
    'KEY_NOT_FOUND',
    ['names a key of a key table by its fingerprint', 'the crypterer that wrote it'],
  ],
  [
    'a value of another provider',
    async () => (await createEnvelope(new MemoryKms())).decrypt(frameUnder(randomBytes(32), TEXT, { provider: 3 })),
    'FRAME_UNSUPPORTED',
    ['wrapped by provider 3', 'this memory crypterer is', 'provider 200', 'with the crypterer of that provider'],
  ],
  [
    'a value with its wrapped key, where those are denied',
    async () => {
      const value = await (await createEnvelope(new MemoryKms())).encrypt(TEXT);
      await (await createStored(openTable().table, new MemoryKms(), { inline: 'deny' })).decrypt(value);
    },
    'FRAME_UNSUPPORTED',
    ["this crypterer has inline: 'deny'", "set it to 'read'; else find out who wrote the value"],
  ],
  [
    'an exchanged wrapped key',
    async () => {
      const kms = new MemoryKms();
      const wrapped = kms.wrap(randomBytes(32));
      const value = frameUnder(randomBytes(32), wrapped, { provider: kms.provider });
      await (await createEnvelope(kms)).decrypt(value);
    },
    'KEY_COMMITMENT',
    ['not the one it committed to', 'was changed after it was written'],
  ],
  [
    'a revocation without a store',
    async () => (await createEnvelope(new MemoryKms())).checkRevocations(),
    'UNSUPPORTED',
    ['Keys are revoked in a key table', 'Create the crypterer with a store'],
  ],
  [
    'a call that was under way when the crypterer was closed',
    async () => {
      const kms = new MemoryKms();
      const crypterer = await createEnvelope(kms, { generate: 'first-use' });
      kms.before = hang;
      const value = crypterer.encrypt(TEXT);
      await settle();
      await crypterer.close();
      await value;
    },
    'DISPOSED',
    ['was closed while it waited for the KMS', 'Create a new one'],
  ],
];

const STORED: readonly Case[] = [
  [
    'no key to write with yet',
    async () => (await createStored(openTable().table, new MemoryKms(), { generate: 'first-use' })).encryptSync(TEXT),
    'KEY_NOT_LOADED',
    ['There is no data key to encrypt with yet. Await one encrypt() first.'],
  ],
  [
    'no key in a scope yet',
    async () => (await createStored(openTable().table)).encryptSync(TEXT, { scope: 'tenant' }),
    'KEY_NOT_LOADED',
    ['There is no data key to encrypt with in this scope yet. Await one encrypt() in this scope first.'],
  ],
  [
    'a key that is not in the table',
    async () => (await createStored(openTable().table)).decrypt(strayValue()),
    'KEY_NOT_FOUND',
    ['which is not in the key table', 'which database, and which backup', 'the value belongs to'],
  ],
  ...(
    [
      ['disabled', 'KEY_DISABLED', ['is disabled in the key table', 'Enable it there']],
      ['destroyed', 'KEY_DESTROYED', ['was destroyed: its scope was erased', 'gone for good']],
    ] as const
  ).map(
    ([state, code, says]): Case => [
      `a key that is ${state}`,
      async () => {
        const { table, exec } = openTable();
        const kms = new MemoryKms();
        const value = await (await createStored(table, kms)).encrypt(TEXT);
        exec(`UPDATE sqlcrypter_keys SET state = '${state}' WHERE purpose = 'data'`);
        await (await createStored(table, kms, { generate: 'never' })).decrypt(value);
      },
      code,
      says,
    ],
  ),
  [
    'a branch key that another service wraps',
    async () => {
      const { table } = openTable();
      const value = await (await createStored(table)).encrypt(TEXT);
      const foreign = serviceThat({ provider: 201 });
      await (await createStored(table, foreign, { generate: 'never' })).decrypt(value);
    },
    'KEY_NOT_FOUND',
    ['is wrapped by memory, and by no key service of this crypterer', 'service that wraps it, or rewrap it'],
  ],
  [
    'a row that was changed',
    async () => {
      const { table, exec } = openTable();
      const kms = new MemoryKms();
      const value = await (await createStored(table, kms)).encrypt(TEXT);
      exec("UPDATE sqlcrypter_keys SET expires = expires + 1 WHERE purpose = 'data'");
      await (await createStored(table, kms, { generate: 'never' })).decrypt(value);
    },
    'KMS_INVALID_BLOB',
    ['was changed: its wrap does not open under the facts of the row', 'Compare the key table with its backup'],
  ],
];

const REWRAP: readonly Case[] = [
  [
    'no table',
    () => rewrap({ store: {} as never, to: new MemoryKms() }),
    'CONFIG',
    ['rewrap needs a key table and key services', '{ store, from?, to }'],
  ],
  [
    'sources',
    () => rewrap({ store: openTable().table, from: 7 as never, to: new MemoryKms() }),
    'CONFIG',
    ['rewrap needs a key table and key services'],
  ],
  [
    'a source',
    () => rewrap({ store: openTable().table, from: [{} as never], to: new MemoryKms() }),
    'CONFIG',
    ['from[0] is not a key service'],
  ],
  ['a target', () => rewrap({ store: openTable().table, to: {} as never }), 'CONFIG', ['to is not a key service']],
  [
    'a target that cannot wrap',
    () => rewrap({ store: openTable().table, to: serviceThat({ wrapDataKey: undefined }) }),
    'CONFIG',
    ['The key service memory has no wrapDataKey, and so cannot rewrap'],
  ],
  [
    'a deadline',
    () => rewrap({ store: openTable().table, to: new MemoryKms(), requestTimeout: 0 }),
    'CONFIG',
    ['requestTimeout', 'milliseconds'],
  ],
  [
    'an option',
    () => rewrap({ store: openTable().table, to: new MemoryKms(), odd: 1 } as never),
    'CONFIG',
    ['rewrap', 'odd'],
  ],
  [
    'a signal that has fired',
    async () => {
      const { table } = openTable();
      await (await createStored(table)).encrypt(TEXT);
      await rewrap({ store: table, to: new MemoryKms(), signal: AbortSignal.abort() });
    },
    'ABORTED',
    ["because the caller's signal fired", 'Run it again'],
  ],
];

describe.each([
  ['an envelope that is set up wrongly', CONFIGURATION],
  ['a KMS', KMS],
  ['a value', VALUES],
  ['a key table', STORED],
  ['rewrapping', REWRAP],
])('the message about %s says what happened, what was expected and what to do, for', (_, cases) => {
  it.each(cases)('%s', async (_what, call, code, says) => {
    const error = await errorOf(async () => call());
    expect(error.code).toBe(code);
    for (const words of says) expect(error.message).toContain(words);
    expect(error.message).not.toContain('SECRET');
  });
});

describe('the message about a data key at its hard limit', () => {
  it('says that a new one is on its way, or why it could not be had', async () => {
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms, { dekLimits: { maxValues: 1 } });
    kms.before = hang;
    crypterer.encryptSync(TEXT);
    crypterer.encryptSync(TEXT);
    const spent = await errorOf(() => crypterer.encryptSync(TEXT));
    expect(spent.code).toBe('DEK_EXHAUSTED');
    expect(spent.message).toContain(
      'its hard limit of values, bytes or age (dekLimits), and a new one is being fetched',
    );
    expect(spent.message).toContain('Nothing was encrypted. Try again');
    expect(spent.cause).toBeUndefined();
  });

  it('names the failure of the call for the next', async () => {
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms, { dekLimits: { maxValues: 1 } });
    kms.before = beDown;
    crypterer.encryptSync(TEXT);
    crypterer.encryptSync(TEXT);
    const spent = await errorOf(crypterer.encrypt(TEXT));
    expect(spent.message).toContain('a new one could not be had (KMS_UNAVAILABLE)');
    expect(spent.cause).toEqual({ name: 'KMS_UNAVAILABLE' });
  });

  it('is about its age and the clock under a key table', async () => {
    fakeTime();
    const { table, exec } = openTable();
    const kms = new MemoryKms();
    const crypterer = await createStored(table, kms, { dekLimits: { maxAge: DAY } });
    await crypterer.encrypt(TEXT);
    vi.setSystemTime(Date.now() + 2 * DAY);
    exec('DROP TABLE sqlcrypter_keys');
    const spent = await errorOf(() => crypterer.encryptSync(TEXT));
    expect(spent.code).toBe('DEK_EXHAUSTED');
    expect(spent.message).toContain('The data key has expired, and a new one is being made. Nothing was encrypted');
    expect(spent.message).toContain("whether this machine's clock is right");
    const failed = await errorOf(crypterer.encrypt(TEXT));
    expect(failed.message).toContain('a new one could not be had (KEY_STORE_UNAVAILABLE)');
    expect(failed.cause).toEqual({ name: 'KEY_STORE_UNAVAILABLE' });
  });
});

it('an error without a code has its name as cause, and a KMS that hangs no other', async () => {
  const odd = serviceThat({ generateDataKey: () => Promise.reject(new RangeError('SECRET')) });
  expect((await errorOf(create({}, odd))).cause).toEqual({ name: 'RangeError' });
  expect(SqlcrypterError.is(await errorOf(create({ requestTimeout: 5 }, serviceThat({ before: hang }))))).toBe(true);
});
