import { describe, expect, it } from 'vitest';
import { type AwsKmsCryptererOptions, createAwsKmsCrypterer } from '../src/index.js';
import { codeOf, errorOf } from './support/error-code.js';
import { clientOf, startKms } from './support/local-kms.js';

const ARN = 'arn:aws:kms:eu-west-2:111122223333:key/6b3f0c9e-4d0e-4d52-9f0b-0a7a8f6d2c11';

/** Answers nothing: a wrong option must be found before the KMS is asked. */
const client = { send: () => Promise.reject(new Error('The KMS was asked.')) };
const good = { client, keyId: ARN };

/** Option by option, what must be refused. */
const bad: Readonly<Record<string, readonly unknown[]>> = {
  client: [null, {}, 'client', 7, { send: true }],
  keyId: [undefined, null, '', 7, Buffer.from(ARN)],
  generate: ['Start', '', null, true],
  fallback: [
    null,
    {},
    'alias/replica',
    [null],
    [{}],
    [{ keyId: '' }],
    [{ keyId: ARN, client: {} }],
    [{ keyId: ARN, region: 'us-east-1' }],
  ],
  requestTimeout: [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '2000', null, 2 ** 31],
  decryptRateLimit: [
    null,
    5,
    [],
    {},
    { rps: 5 },
    { burst: 5 },
    { rps: 0, burst: 1 },
    { rps: -1, burst: 1 },
    { rps: Number.NaN, burst: 1 },
    { rps: Number.POSITIVE_INFINITY, burst: 1 },
    { rps: '5', burst: 1 },
    { rps: 5, burst: 0 },
    { rps: 5, burst: 0.5 },
    { rps: 5, burst: 1.5 },
    { rps: 5, burst: null },
    { rps: 5, burst: 1, per: 'minute' },
  ],
  dekCache: [
    null,
    true,
    { maxSize: 0 },
    { maxSize: -1 },
    { maxSize: 1.5 },
    { maxSize: '1000' },
    { maxSize: null },
    { maxSize: Number.POSITIVE_INFINITY },
    { ttl: 0 },
    { ttl: -1 },
    { ttl: Number.NaN },
    { ttl: null },
    { ttl: Number.POSITIVE_INFINITY },
    { maxsize: 1 },
    { numCounters: 50_000 },
  ],
  dekLimits: [
    null,
    1,
    { maxValues: 0 },
    { maxValues: 1.5 },
    { maxValues: 2 ** 40 + 1 },
    { maxValues: null },
    { maxBytes: 0 },
    { maxBytes: -1 },
    { maxBytes: 2 ** 53 },
    { maxBytes: null },
    { maxAge: 0 },
    { maxAge: Number.NaN },
    { maxAge: null },
    { maxAge: '1h' },
    { age: 1 },
  ],
  encryptionContext: [null, 'payroll', ['payroll'], { application: 7 }, { application: null }, new Map([['a', 'b']])],
  decryptKeyArns: [null, ARN, [7], [''], ['alias/payroll'], [ARN.replace('key/', 'alias/')], [ARN, 'arn:aws:s3:::b']],
  suite: ['aes-128-gcm', '', null, 2],
  goFrames: ['Read', '', null, true],
  // What Go or a misspelling might bring.
  keyID: [ARN],
  timeout: [2_000],
  ttl: [1],
};

const cases = Object.entries(bad).flatMap(([option, values]) =>
  values.map((value) => ({ option, value, shown: JSON.stringify(value) ?? String(value) })),
);

describe('createAwsKmsCrypterer answers CONFIG', () => {
  it.each(cases)('to $option: $shown, and names the option', async ({ option, value }) => {
    const options = { ...good, [option]: value } as unknown as AwsKmsCryptererOptions;
    const error = await errorOf(createAwsKmsCrypterer(options));
    expect(error.code).toBe('CONFIG');
    expect(error.message).toContain(option);
  });

  it.each([undefined, null, 'alias/payroll', []])('to no options object: %j', async (options) => {
    expect(await codeOf(createAwsKmsCrypterer(options as never))).toBe('CONFIG');
  });

  it.each([{ suite: 'aes-256-gcm' }, { goFrames: 'write' }] as const)(
    'to more values than random 96-bit nonces allow, with %j',
    async (options) => {
      const dekLimits = { maxValues: 2 ** 31 + 1 };
      expect(await codeOf(createAwsKmsCrypterer({ ...good, ...options, dekLimits }))).toBe('CONFIG');
    },
  );

  it("to an encryption context with goFrames: 'write', which the Go library could not read", async () => {
    const options = { ...good, goFrames: 'write', encryptionContext: { application: 'payroll' } } as const;
    expect(await codeOf(createAwsKmsCrypterer(options))).toBe('CONFIG');
  });

  it.each(['alias/payroll', ARN.replace(/key.*/, 'alias/payroll'), '6b3f0c9e-4d0e-4d52-9f0b-0a7a8f6d2c11'])(
    "to generate: 'never' with keyId %s and no decryptKeyArns, as no key would ever be allowed",
    async (keyId) => {
      expect(await codeOf(createAwsKmsCrypterer({ client, keyId, generate: 'never' }))).toBe('CONFIG');
      const crypterer = await createAwsKmsCrypterer({ client, keyId, generate: 'never', decryptKeyArns: [ARN] });
      await crypterer.close();
    },
  );
});

describe('createAwsKmsCrypterer takes', () => {
  it('every option at once', async () => {
    const kms = await startKms();
    const keyId = kms.arnOf('alias/sqlcrypter');
    const crypterer = await createAwsKmsCrypterer({
      client: clientOf(kms),
      keyId,
      generate: 'start',
      fallback: [{ client: clientOf(kms), keyId: 'alias/sqlcrypter' }],
      requestTimeout: 0.5 * 2 ** 31,
      decryptRateLimit: { rps: 0.5, burst: 1 },
      dekCache: { maxSize: 1, ttl: 0.5 },
      dekLimits: { maxValues: 2 ** 40, maxBytes: Number.MAX_SAFE_INTEGER, maxAge: 0.5 * 86_400_000 },
      encryptionContext: { application: 'payroll' },
      decryptKeyArns: [ARN, ARN.replace('arn:aws', 'arn:aws-us-gov')],
      suite: 'xaes-256-gcm',
      goFrames: 'read',
    });
    expect((await crypterer.decrypt(await crypterer.encrypt(Buffer.from('value')))).toString()).toBe('value');
    await crypterer.close();
  });

  it('options that are there and undefined as if they were not there', async () => {
    const kms = await startKms();
    const names = ['generate', 'fallback', 'requestTimeout', 'decryptRateLimit', 'dekCache', 'dekLimits', 'suite'];
    const undefinedOptions = Object.fromEntries(
      [...names, 'goFrames', 'encryptionContext', 'decryptKeyArns'].map((name) => [name, undefined]),
    );
    const options = { client: clientOf(kms), keyId: 'alias/sqlcrypter', ...undefinedOptions };
    const crypterer = await createAwsKmsCrypterer(options as AwsKmsCryptererOptions);
    expect((await crypterer.decrypt(await crypterer.encrypt(Buffer.from('value')))).toString()).toBe('value');
    await crypterer.close();
  });

  it('a copy of its options: what the application changes later changes nothing', async () => {
    const kms = await startKms();
    const encryptionContext = { application: 'payroll' };
    const crypterer = await createAwsKmsCrypterer({
      client: clientOf(kms),
      keyId: 'alias/sqlcrypter',
      encryptionContext,
    });
    const ciphertext = await crypterer.encrypt(Buffer.from('value'));
    encryptionContext.application = 'other';
    crypterer.forgetKeys();
    expect((await crypterer.decrypt(ciphertext)).toString()).toBe('value');
    await crypterer.close();
  });
});
