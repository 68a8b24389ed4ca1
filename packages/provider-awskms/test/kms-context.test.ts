import { describe, expect, it } from 'vitest';
import { createAwsKmsCrypterer, createAwsKmsKeyService } from '../src/index.js';
import { codeOf } from './support/error-code.js';
import { clientOf, createCrypterer, startKms } from './support/local-kms.js';

const KEY_ID = 'alias/sqlcrypter';

/** Contexts of which a copy would be something else than what was meant. */
const refused: Readonly<Record<string, unknown>> = {
  'an inherited context': Object.create({ application: 'payroll' }),
  'a context inherited from an object without a prototype': Object.create(
    Object.assign(Object.create(null), { application: 'payroll' }),
  ),
  'own names beside inherited ones': Object.assign(Object.create({ tenant: 'a' }), { application: 'payroll' }),
  'a getter': Object.defineProperty({}, 'application', { get: () => 'payroll', enumerable: true }),
  'a name that is not enumerable': Object.defineProperty({}, 'application', { value: 'payroll' }),
  'a symbol': { [Symbol('application')]: 'payroll' },
  'an array': ['payroll'],
  'a Map': new Map([['application', 'payroll']]),
  'a Promise': Promise.resolve({ application: 'payroll' }),
  'an instance of a class': new (class {
    application = 'payroll';
  })(),
  'a value that is no string': { application: new String('payroll') },
  'a proxy that throws': new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error('No.');
      },
    },
  ),
  'a name that binds a wrapped key to its row': { 'sqlcrypter.scope': 'a' },
};

describe('an encryptionContext for the KMS', () => {
  it.each(Object.entries(refused))('is CONFIG if it is or has %s', async (_, encryptionContext) => {
    const options = { client: { send: () => Promise.reject(new Error('The KMS was asked.')) }, keyId: KEY_ID };
    const withContext = { ...options, encryptionContext } as never;
    expect(await codeOf(createAwsKmsCrypterer(withContext))).toBe('CONFIG');
    expect(await codeOf(() => createAwsKmsKeyService(withContext))).toBe('CONFIG');
  });

  it.each([
    ['an object without a prototype', Object.assign(Object.create(null), { application: 'payroll' })],
    ['a frozen object', Object.freeze({ application: 'payroll' })],
    ['the name __proto__', JSON.parse('{"__proto__":"payroll"}')],
  ])('is honoured if it is or has %s', async (_, encryptionContext) => {
    const kms = await startKms();
    const value = await (await createCrypterer(kms, { encryptionContext })).encrypt(Buffer.from('value'));
    const without = await createCrypterer(kms);
    expect(await codeOf(without.decrypt(value))).toBe('KMS_INVALID_BLOB');
    const reader = await createCrypterer(kms, { encryptionContext });
    expect((await reader.decrypt(value)).toString()).toBe('value');

    const { signal } = new AbortController();
    const options = { client: clientOf(kms), keyId: KEY_ID };
    const { wrapped } = await createAwsKmsKeyService({ ...options, encryptionContext }).generateDataKey({ signal });
    expect(await codeOf(createAwsKmsKeyService(options).unwrapDataKey(wrapped, { signal }))).toBe('KMS_INVALID_BLOB');
  });
});
