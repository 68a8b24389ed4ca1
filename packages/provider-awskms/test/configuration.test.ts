import { afterEach, describe, expect, it } from 'vitest';
import { type AwsKmsCryptererOptions, createAwsKmsCrypterer, getCrypterer, init, shutdown } from '../src/index.js';
import { codeOf } from './support/error-code.js';

afterEach(() => shutdown());

const arnOf = (last: string) => `arn:aws:kms:eu-west-2:111122223333:key/6b3f0c9e-4d0e-4d52-9f0b-0a7a8f6d2c1${last}`;
const client = { send: () => Promise.reject(new Error('The KMS was asked.')) };
const options: AwsKmsCryptererOptions = {
  client,
  keyId: arnOf('1'),
  generate: 'first-use',
  encryptionContext: { application: 'payroll', stage: 'test' },
  decryptKeyArns: [arnOf('2'), arnOf('3')],
};

describe('init with a second crypterer', () => {
  it.each<[string, AwsKmsCryptererOptions]>([
    ['the same options', options],
    [
      'them in another order',
      {
        ...options,
        encryptionContext: { stage: 'test', application: 'payroll' },
        decryptKeyArns: [arnOf('3'), arnOf('2')],
      },
    ],
    ['a default written out', { ...options, requestTimeout: 2_000 }],
  ])('keeps the first where the second has %s', async (_what, equal) => {
    const first = await createAwsKmsCrypterer(options);
    const second = await createAwsKmsCrypterer(equal);
    init(first);
    init(second);
    expect(getCrypterer()).toBe(first);
    await second.close();
  });

  it('keeps the first where both use the default client', async () => {
    const { client: _, ...withoutClient } = options;
    const first = await createAwsKmsCrypterer(withoutClient);
    init(first);
    init(await createAwsKmsCrypterer(withoutClient));
    expect(getCrypterer()).toBe(first);
  });

  it.each<[string, AwsKmsCryptererOptions]>([
    ['another key', { ...options, keyId: arnOf('4') }],
    ['another client, which may call another endpoint', { ...options, client: { ...client } }],
    ['another encryption context', { ...options, encryptionContext: { application: 'payroll' } }],
    ['other keys to read under', { ...options, decryptKeyArns: [arnOf('2')] }],
    ['a fallback', { ...options, fallback: [{ client, keyId: arnOf('1') }] }],
    ['another limit', { ...options, dekLimits: { maxValues: 5 } }],
    ['another suite', { ...options, suite: 'aes-256-gcm' }],
  ])('refuses one with %s', async (_what, other) => {
    init(await createAwsKmsCrypterer(options));
    const second = await createAwsKmsCrypterer(other);
    expect(await codeOf(() => init(second))).toBe('ALREADY_INITIALIZED');
    await second.close();
  });
});
