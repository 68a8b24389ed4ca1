const { createSecretKey, randomBytes } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { createAesCrypterer, createAesKeyService, decrypt, encrypt, generateKey, init } = require('@sqlcrypter/aes');
const { createAwsKmsCrypterer } = require('@sqlcrypter/awskms');
const { decryptMany, encryptMany, SqlcrypterError, shutdown } = require('@sqlcrypter/core');
const { causeOf } = require('@sqlcrypter/core/provider');
const { createEnvelopeCrypterer } = require('@sqlcrypter/envelope');
const { createKeyTable, keyTableSql } = require('@sqlcrypter/key-table');
const { startLocalKms } = require('@sqlcrypter/local-kms');
const { bytes, date, decryptRows, EncryptedBytes, encryptedColumn, json, text } = require('@sqlcrypter/sql');
const sqlite = require('node-sqlite3-wasm');

afterEach(() => shutdown());

test('the packages are their CommonJS builds', () => {
  expect(require.resolve('@sqlcrypter/core/provider')).toMatch(/core\/dist\/cjs\/provider\.js$/);
});

test.each([
  ['a generated key', generateKey],
  ['a KeyObject', () => createSecretKey(randomBytes(32))],
])('local keys: %s', async (_name, key) => {
  init(createAesCrypterer({ key: key() }));
  const options = { context: { column: 'ssn', row: new Uint8Array(3) }, signal: AbortSignal.timeout(10_000) };
  const stored = await encrypt(new TextEncoder().encode('a'), options);
  expect(String(await decrypt(new Uint8Array(stored), options))).toBe('a');
  await expect(decrypt(stored)).rejects.toMatchObject({ code: 'AUTH_FAILED' });
  await expect(decrypt(stored)).rejects.toBeInstanceOf(SqlcrypterError);
  await expect(encrypt(stored, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
});

test('batches', async () => {
  init(createAesCrypterer({ key: generateKey() }));
  const texts = Array.from({ length: 2_000 }, (_, i) => `999-00-${i}`);
  const stored = await encryptMany(texts.map((each) => ({ plaintext: Buffer.from(each) })));
  const read = await decryptMany(stored.map((ciphertext) => ({ ciphertext })));
  expect(read.map(String)).toEqual(texts);
});

test('columns and rows', async () => {
  init(createAesCrypterer({ key: generateKey() }));
  const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text(), bind: ['row'] });
  const value = await ssn.encrypt('a', { row: 1 });
  expect(value).toBeInstanceOf(EncryptedBytes);
  expect(Buffer.isBuffer(value)).toBe(true);
  expect(await decryptRows([{ id: 1, ssn: value }], { ssn }, { row: ({ id }) => id })).toEqual([{ id: 1, ssn: 'a' }]);
  for (const [type, plain] of [
    [json(), { a: [1] }],
    [date(), new Date(5)],
    [bytes(), Buffer.from('a')],
  ]) {
    const column = encryptedColumn({ table: 'employee', column: 'other', type });
    expect(await column.decrypt(await column.encrypt(plain))).toEqual(plain);
  }
});

test('a key table with leases', async () => {
  const database = new sqlite.Database();
  for (const statement of keyTableSql('sqlite')) database.exec(statement);
  const keyService = createAesKeyService({ key: generateKey() });
  const crypterer = await createEnvelopeCrypterer(keyService, { store: createKeyTable({ sqlite: database }) });
  const stored = await crypterer.encrypt(Buffer.from('a'), { scope: 'person:1' });
  const lease = await crypterer.loadKeys([stored]);
  expect(String(crypterer.decryptSync(stored))).toBe('a');
  lease.dispose();
  await crypterer.close();
  database.close();
});

test('AWS KMS over HTTP, whose SDK is loaded when it is needed', async () => {
  const kms = await startLocalKms();
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_KMS: kms.endpoint,
    AWS_REGION: kms.region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
  const writer = await createAwsKmsCrypterer({ keyId: 'alias/sqlcrypter' });
  const stored = await writer.encrypt(Buffer.from('a'));
  const reader = await createAwsKmsCrypterer({ keyId: 'alias/sqlcrypter' });
  expect(String(await reader.decrypt(stored))).toBe('a');
  await Promise.all([writer.close(), reader.close(), kms.close()]);
});

test("errors of Node, which are not of a test's realm, keep their name", () => {
  let failure;
  try {
    readFileSync('/absent');
  } catch (error) {
    failure = error;
  }
  expect(causeOf(failure)).toEqual({ name: 'Error' });
});
