import { describe, expect, it } from 'vitest';
import { createAwsKmsCrypterer, createAwsKmsKeyService } from '../src/index.js';
import { codeOf, errorOf } from './support/error-code.js';
import { clientOf, startKms } from './support/local-kms.js';

const KEY_ID = 'alias/sqlcrypter';
const { signal } = new AbortController();
const refuse = () => {
  throw new Error('secret');
};

class Context {
  application = 'payroll';
}

const withGetter = () => ({
  get application() {
    return 'payroll';
  },
});

/** Gives a text the first time, and something else from then on. */
function changing(): object {
  let reads = 0;
  return Object.defineProperty({}, 'application', { enumerable: true, get: () => (reads++ === 0 ? 'payroll' : 7) });
}

const REFUSED: Readonly<Record<string, unknown>> = {
  inherited: Object.create({ application: 'payroll' }),
  'inherited from an object without a prototype': Object.create(
    Object.assign(Object.create(null), { application: 'payroll' }),
  ),
  'inherited in part': Object.assign(Object.create({ stage: 'test' }), { application: 'payroll' }),
  'an instance of a class': new Context(),
  'a Map': new Map([['application', 'payroll']]),
  'a Set': new Set(['payroll']),
  'URL parameters': new URLSearchParams({ application: 'payroll' }),
  'an array': ['payroll'],
  'an array of pairs': [['application', 'payroll']],
  'a Date': new Date(0),
  'a function': Object.assign(() => undefined, { application: 'payroll' }),
  'a promise': Promise.resolve({ application: 'payroll' }),
  'a String': Object('payroll'),
  text: 'application=payroll',
  null: null,
  'a name that is a symbol': { [Symbol('application')]: 'payroll' },
  'a name that is not enumerable': Object.defineProperty({}, 'application', { value: 'payroll' }),
  'the name __proto__': JSON.parse('{"__proto__":"payroll"}'),
  'a name of the key table': { 'sqlcrypter.scope': 'tenant' },
  'half of a surrogate pair': { application: '\ud800' },
  'a value that is a number': { application: 7 },
  'a value that is a String': { application: Object('payroll') },
  'a value that is undefined': { application: undefined },
  'a getter that throws': Object.defineProperty({}, 'application', { enumerable: true, get: refuse }),
  'a proxy that throws': new Proxy({}, { ownKeys: refuse }),
};

const HONOURED: Readonly<Record<string, () => object>> = {
  'a plain object': () => ({ application: 'payroll' }),
  'an object without a prototype': () => Object.assign(Object.create(null), { application: 'payroll' }),
  'a frozen object': () => Object.freeze({ application: 'payroll' }),
  'a getter': withGetter,
  'a getter that changes its mind': changing,
  'a proxy': () => new Proxy({ application: 'payroll' }, {}),
};

describe('an encryptionContext that would not be sent as it stands is CONFIG', () => {
  it.each(Object.entries(REFUSED))('%s', async (_, encryptionContext) => {
    const kms = await startKms();
    const options = { client: clientOf(kms), keyId: KEY_ID, encryptionContext } as never;
    for (const create of [() => createAwsKmsCrypterer(options), () => createAwsKmsKeyService(options)]) {
      const error = await errorOf(create);
      expect(error.code).toBe('CONFIG');
      expect(error.message + JSON.stringify(error)).not.toContain('secret');
    }
    expect(kms.countCalls()).toBe(0);
  });
});

describe('an encryptionContext is sent as it stood at construction, and needed again', () => {
  it.each(Object.entries(HONOURED))('%s', async (_, make) => {
    const kms = await startKms();
    const options = { client: clientOf(kms), keyId: KEY_ID, encryptionContext: make() as Record<string, string> };
    const crypterer = await createAwsKmsCrypterer(options);
    const value = await crypterer.encrypt(Buffer.from('value'));
    crypterer.forgetKeys();
    expect(String(await crypterer.decrypt(value))).toBe('value');
    const service = createAwsKmsKeyService({ ...options, encryptionContext: make() as Record<string, string> });
    await service.wrapDataKey?.(Buffer.alloc(32, 1), { signal });
    for (const call of kms.calls) expect(call.encryptionContext).toEqual({ application: 'payroll' });
    const without = await createAwsKmsCrypterer({ client: clientOf(kms), keyId: KEY_ID });
    expect(await codeOf(without.decrypt(value))).toBe('KMS_INVALID_BLOB');
    await Promise.all([crypterer.close(), without.close()]);
  });
});

describe('options that cannot be read are CONFIG', () => {
  const throwing = (name: string) => Object.defineProperty({ keyId: KEY_ID }, name, { enumerable: true, get: refuse });
  const hostile: Readonly<Record<string, unknown>> = {
    ...Object.fromEntries(
      ['client', 'keyId', 'encryptionContext', 'decryptKeyArns', 'fallback', 'generate', 'dekCache', 'store'].map(
        (name) => [`a getter of ${name} that throws`, throwing(name)],
      ),
    ),
    'a proxy that throws': new Proxy({}, { ownKeys: refuse }),
    'a proxy whose values throw': new Proxy({ keyId: KEY_ID }, { get: refuse }),
    'a list of ARNs that throws': { keyId: KEY_ID, decryptKeyArns: new Proxy([], { get: refuse }) },
    'a fallback that throws': { keyId: KEY_ID, fallback: [new Proxy({}, { get: refuse, ownKeys: refuse })] },
    'a client that throws': { keyId: KEY_ID, client: new Proxy({}, { get: refuse }) },
    'a cache that throws': { keyId: KEY_ID, dekCache: new Proxy({}, { ownKeys: refuse }) },
  };

  it.each(Object.entries(hostile))('%s', async (_, options) => {
    expect(await codeOf(createAwsKmsCrypterer(options as never))).toBe('CONFIG');
  });

  it('for createAwsKmsKeyService, too', async () => {
    for (const name of ['client', 'keyId', 'encryptionContext', 'decryptKeyArns']) {
      expect(await codeOf(() => createAwsKmsKeyService(throwing(name) as never))).toBe('CONFIG');
    }
  });
});
