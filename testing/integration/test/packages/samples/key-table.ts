import { createKeyTable, type KeyTable, keyTableSql } from '@sqlcrypter/key-table';
import sqlite from 'node-sqlite3-wasm';

async function main(): Promise<void> {
  const database = new sqlite.Database();
  for (const statement of keyTableSql('sqlite')) database.exec(statement);
  const table: KeyTable = createKeyTable({ sqlite: database });
  const revoked: Buffer[] = await table.findRevoked([]);
  console.log(`${revoked.length} keys`);
  database.close();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
