import { createAesKeyService, generateKey } from '@sqlcrypter/aes';
import { createEnvelopeCrypterer, type EnvelopeCrypterer, type KeyService } from '@sqlcrypter/envelope';
import { createKeyTable, keyTableSql } from '@sqlcrypter/key-table';
import sqlite from 'node-sqlite3-wasm';

async function main(): Promise<void> {
  const database = new sqlite.Database();
  for (const statement of keyTableSql('sqlite')) database.exec(statement);
  const keyService: KeyService = createAesKeyService({ key: generateKey() });
  const store = createKeyTable({ sqlite: database });
  const crypterer: EnvelopeCrypterer = await createEnvelopeCrypterer(keyService, { store });
  const value = await crypterer.encrypt(Buffer.from('999-00-1234'), { scope: 'person:1001' });
  console.log(String(await crypterer.decrypt(value)));
  await crypterer.close();
  database.close();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
