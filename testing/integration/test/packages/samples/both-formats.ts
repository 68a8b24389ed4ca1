import { createRequire } from 'node:module';
import { createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { decryptMany, encrypt, encryptMany, init, type KeyLease, SqlcrypterError, shutdown } from '@sqlcrypter/core';
import { createEnvelopeCrypterer } from '@sqlcrypter/envelope';
import { createKeyTable } from '@sqlcrypter/key-table';
import { decryptRows, EncryptedBytes, encryptedColumn, text } from '@sqlcrypter/sql';
import sqlite from 'node-sqlite3-wasm';

type Aes = typeof import('@sqlcrypter/aes', { with: { 'resolution-mode': 'require' }});
type Core = typeof import('@sqlcrypter/core', { with: { 'resolution-mode': 'require' }});
type KeyTable = typeof import('@sqlcrypter/key-table', { with: { 'resolution-mode': 'require' }});
type Sql = typeof import('@sqlcrypter/sql', { with: { 'resolution-mode': 'require' }});

const require = createRequire(import.meta.url);
const required = {
  aes: require('@sqlcrypter/aes') as Aes,
  core: require('@sqlcrypter/core') as Core,
  keyTable: require('@sqlcrypter/key-table') as KeyTable,
  sql: require('@sqlcrypter/sql') as Sql,
};

function check(what: string, holds: boolean): void {
  if (!holds) throw new Error(`Imported and required packages do not share this: ${what}.`);
}

async function registryAndErrors(): Promise<void> {
  check('nothing, for they are two copies', required.core.init !== init);
  init(required.aes.createAesCrypterer({ key: generateKey() }));
  const stored = await encrypt(Buffer.from('a'));
  check('the registry', String(await required.core.decrypt(stored)) === 'a');
  const error = await required.core.decrypt(stored.subarray(1)).catch((each: unknown) => each);
  check('errors', SqlcrypterError.is(error) && error instanceof SqlcrypterError && error.code === 'FRAME_UNKNOWN');
}

async function batches(): Promise<void> {
  const texts = Array.from({ length: 600 }, (_, i) => `999-00-${i}`);
  const plaintexts = texts.map((each) => ({ plaintext: Buffer.from(each) }));
  for (const crypterer of [
    createAesCrypterer({ key: generateKey() }),
    required.aes.createAesCrypterer({ key: generateKey() }),
  ]) {
    const imported = await encryptMany(plaintexts, { crypterer });
    const others = await required.core.encryptMany(plaintexts, { crypterer });
    const ciphertexts = [...imported, ...others].map((ciphertext) => ({ ciphertext }));
    const expected = [...texts, ...texts].join();
    check('batches', (await decryptMany(ciphertexts, { crypterer })).join() === expected);
    check('batches', (await required.core.decryptMany(ciphertexts, { crypterer })).join() === expected);
  }
}

async function handlesAndColumns(): Promise<void> {
  const handle = await required.sql.EncryptedBytes.encrypt('a');
  check('the mark of an EncryptedBytes', EncryptedBytes.is(handle) && handle instanceof EncryptedBytes);
  const twice = await EncryptedBytes.encrypt(handle).catch((error: SqlcrypterError) => error.code);
  check('that nothing is encrypted twice', twice === 'INVALID_ARGUMENT');

  const options = { table: 'employees', column: 'ssn', bind: ['row'] } as const;
  const theirs = required.sql.encryptedColumn({ ...options, type: required.sql.text() });
  const ours = encryptedColumn({ ...options, type: text() });
  const stored = await theirs.encrypt('a', { row: 1 });
  const rows = [{ id: 1, ssn: stored }];
  check('columns', (await ours.decrypt(stored, { row: 1 })) === 'a');
  check('columns', (await decryptRows(rows, { ssn: theirs }, { row: ({ id }) => id }))[0]?.ssn === 'a');
}

async function keyServicesAndLeases(): Promise<void> {
  const database = new sqlite.Database();
  for (const statement of required.keyTable.keyTableSql('sqlite')) database.exec(statement);
  const key = generateKey();
  const writer = await createEnvelopeCrypterer(required.aes.createAesKeyService({ key }), {
    store: required.keyTable.createKeyTable({ sqlite: database }),
  });
  const stored = await writer.encrypt(Buffer.from('a'));
  await writer.close();
  const store = createKeyTable({ sqlite: database });
  const reader = await createEnvelopeCrypterer(required.aes.createAesKeyService({ key }), { store });
  const lease: KeyLease = await required.core.loadKeys([stored], { crypterer: reader });
  check(
    'key services, key tables and leases',
    String(required.core.decryptSync(stored, { crypterer: reader })) === 'a',
  );
  lease.dispose();
  await reader.close();
  database.close();
}

async function main(): Promise<void> {
  await registryAndErrors();
  await batches();
  await handlesAndColumns();
  await keyServicesAndLeases();
  await required.core.shutdown();
  const ended = await encrypt(Buffer.from('a')).catch((error: SqlcrypterError) => error.code);
  check('the end of the registry', ended === 'NOT_INITIALIZED');
  await shutdown();
  console.log('one process');
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
