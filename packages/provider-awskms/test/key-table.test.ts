import { rewrap } from '@sqlcrypter/envelope';
import { createKeyTable, type KeyTable, keyTableSql } from '@sqlcrypter/key-table';
import type { LocalKms } from '@sqlcrypter/local-kms';
import sqlite from 'node-sqlite3-wasm';
import { beforeEach, describe, expect, it } from 'vitest';
import { type AwsKmsCryptererOptions, createAwsKmsKeyService } from '../src/index.js';
import { codeOf, errorOf } from './support/error-code.js';
import { clientOf, createCrypterer, startKms } from './support/local-kms.js';
import { whenTestEnds } from './support/when-test-ends.js';

const text = Buffer.from('999-00-1234');

let kms: LocalKms;
let table: KeyTable;
let database: sqlite.Database;

beforeEach(async () => {
  kms = await startKms({ authenticateArn: true });
  database = new sqlite.Database(':memory:');
  for (const statement of keyTableSql('sqlite')) database.exec(statement);
  whenTestEnds(() => database.close());
  table = createKeyTable({ sqlite: database });
});

/** By ARN, so that no call is needed to learn which key an alias names. */
const create = (options: Partial<AwsKmsCryptererOptions> = {}) =>
  createCrypterer(kms, { keyId: kms.arnOf('alias/sqlcrypter'), store: table, requestTimeout: 20_000, ...options });

const wraps = () => database.all('SELECT provider, kek FROM sqlcrypter_key_wraps WHERE provider <> 0 ORDER BY kek');

const operations = () => kms.calls.map(({ operation }) => operation);

describe('AWS KMS with a key table', () => {
  it('is asked twice for the first process of a fleet, and once for each of the others', async () => {
    const first = await create();
    expect(operations()).toEqual(['Encrypt', 'Decrypt']);
    const value = await first.encrypt(text, { scope: 'tenant-1' });
    kms.clearCalls();
    const second = await create();
    expect(await second.decrypt(value)).toEqual(text);
    await second.encrypt(text, { scope: 'tenant-1' });
    await second.encrypt(text, { scope: 'tenant-2' });
    expect(operations()).toEqual(['Decrypt']);
    expect(wraps()).toEqual([{ provider: 2, kek: kms.arnOf('alias/sqlcrypter') }]);
  });

  it('is told what a row is bound to, beside the own context, and never the scope of a value', async () => {
    const crypterer = await create({ encryptionContext: { application: 'payroll' } });
    await crypterer.encrypt(text, { scope: 'person:1001' });
    const [row] = database.all(
      "SELECT lower(hex(fingerprint)) AS id, created, expires FROM sqlcrypter_keys WHERE purpose = 'branch'",
    );
    expect(kms.calls[0]).toMatchObject({
      encryptionContext: {
        application: 'payroll',
        'sqlcrypter.fingerprint': row?.id,
        'sqlcrypter.purpose': 'branch',
        'sqlcrypter.created': String(row?.created),
        'sqlcrypter.expires': String(row?.expires),
      },
    });
    expect(JSON.stringify(kms.calls)).not.toContain('person:1001');
  });

  it('costs one call more per start under an alias, whose key must be learnt', async () => {
    await create();
    kms.clearCalls();
    await create({ keyId: 'alias/sqlcrypter' });
    expect(operations()).toEqual(['Decrypt', 'GenerateDataKey']);
  });

  it('refuses the rows of another context, and says which action is missing', async () => {
    await create({ encryptionContext: { application: 'payroll' } });
    expect(await codeOf(create({ encryptionContext: { application: 'crm' } }))).toBe('KMS_INVALID_BLOB');
    kms.setFault('Encrypt', { exception: 'AccessDeniedException' });
    database.exec("UPDATE sqlcrypter_keys SET state = 'decrypt-only'");
    const denied = await errorOf(create({ encryptionContext: { application: 'payroll' } }));
    expect(denied.code).toBe('KMS_DENIED');
    expect(denied.message).toContain('kms:Encrypt');
  });

  it('moves the keys to another KMS key by ReEncrypt, which hands no key out, and tries them', async () => {
    const value = await (await create()).encrypt(text);
    const next = kms.createKey();
    const to = createAwsKmsKeyService({ client: clientOf(kms), keyId: next, decryptKeyArns: [] });
    kms.clearCalls();
    const options = { store: table, to, removeOthers: true };
    expect(await rewrap(options)).toEqual({ keys: 1, rewrapped: 1, removed: 1 });
    expect(operations()).toEqual(['ReEncrypt', 'Decrypt']);
    expect(wraps()).toEqual([{ provider: 2, kek: next }]);
    kms.disableKey('alias/sqlcrypter');
    expect(await (await create({ keyId: next })).decrypt(value)).toEqual(text);
    expect(await rewrap(options)).toEqual({ keys: 1, rewrapped: 0, removed: 0 });
  });

  it('moves them by opening and wrapping where it may not re-encrypt, and with the old key still allowed', async () => {
    const value = await (await create()).encrypt(text);
    const next = kms.createKey();
    const old = kms.arnOf('alias/sqlcrypter');
    const to = createAwsKmsKeyService({ client: clientOf(kms), keyId: next, decryptKeyArns: [old] });
    kms.setFault('ReEncrypt', { exception: 'AccessDeniedException' });
    kms.clearCalls();
    expect(await rewrap({ store: table, to })).toEqual({ keys: 1, rewrapped: 1, removed: 0 });
    expect(operations()).toEqual(['ReEncrypt', 'Decrypt', 'Encrypt', 'Decrypt']);
    expect(wraps()).toHaveLength(2);
    kms.clearCalls();
    expect(await (await create({ keyId: next })).decrypt(value)).toEqual(text);
    expect(operations()).toEqual(['Decrypt']);
  });

  it('may be two: a key in another Region wraps as well, and opens when the first Region is down', async () => {
    const otherRegion = await startKms({ region: 'eu-west-1', authenticateArn: true });
    const other = () =>
      createAwsKmsKeyService({ client: clientOf(otherRegion), keyId: otherRegion.arnOf('alias/sqlcrypter') });
    const value = await (await create({ otherKeyServices: [other()] })).encrypt(text);
    expect(wraps()).toHaveLength(2);
    kms.setFault('*', { status: 503 });
    const reader = await create({ otherKeyServices: [other()], generate: 'never' });
    expect(await reader.decrypt(value)).toEqual(text);
  });

  it('is not believed when it wraps under another key than was asked for, or gives half an answer', async () => {
    const answer = (change: object) => ({
      send: async () => ({ CiphertextBlob: Buffer.alloc(184, 1), KeyId: kms.arnOf('alias/sqlcrypter'), ...change }),
    });
    expect(await codeOf(create({ client: answer({ KeyId: kms.createKey() }) }))).toBe('KMS_WRONG_KEY');
    expect(await codeOf(create({ client: answer({ CiphertextBlob: undefined }) }))).toBe('KMS_UNAVAILABLE');
  });

  it.each([
    ['no key id', {}],
    ['an unknown option', { keyId: 'alias/a', store: {} }],
    ['a client that is none', { keyId: 'alias/a', client: {} }],
  ])('has no key service with %s', async (_, options) => {
    expect(await codeOf(() => createAwsKmsKeyService(options as never))).toBe('CONFIG');
  });
});
