import { createAesCrypterer, generateKey, init } from '@sqlcrypter/aes';
import { decryptRows, EncryptedBytes, encryptedColumn, text } from '@sqlcrypter/sql';

const ssn = encryptedColumn({ table: 'employees', column: 'ssn', type: text(), bind: ['row'] });

async function main(): Promise<void> {
  init(createAesCrypterer({ key: generateKey() }));
  const stored: EncryptedBytes = await ssn.encrypt('999-00-1234', { row: 1 });
  const asBuffer: Buffer = stored;
  const rows = [{ id: 1, ssn: asBuffer.subarray(0) }];
  const [row] = await decryptRows(rows, { ssn }, { row: ({ id }) => id });
  const loose = await EncryptedBytes.encrypt('not bound');
  if ((await loose.decryptText()) !== 'not bound') throw new Error('an EncryptedBytes did not decrypt itself');
  console.log(row?.ssn.toUpperCase());
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
