import { type AesCrypterer, createAesCrypterer, generateKey, init, shutdown } from '@sqlcrypter/aes';
import { type CryptererImplementation, DataKey, encodeFrameHeader } from '@sqlcrypter/core/provider';
import { type EncryptedBytes, encryptedColumn, text } from '@sqlcrypter/sql';

const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text(), bind: ['row'] });

afterAll(() => shutdown());

test('the packages work, with their types', async () => {
  const crypterer: AesCrypterer = createAesCrypterer({ key: generateKey() });
  init(crypterer);
  const value: EncryptedBytes = await ssn.encrypt('999-00-1234', { row: 1 });
  const plaintext: string = await ssn.decrypt(value, { row: 1 });
  expect(plaintext).toBe('999-00-1234');
  // @ts-expect-error: the types are there, and so this is an error.
  await expect(ssn.encrypt(5, { row: 1 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
});

test("a subpath's types and code are found", () => {
  const scheme: CryptererImplementation['scheme'] = 'own';
  const header = encodeFrameHeader('aes-256-gcm', { kind: 1, id: new DataKey(generateKey()).defaultId });
  expect([scheme, header[1]]).toEqual(['own', 0xc7]);
});
