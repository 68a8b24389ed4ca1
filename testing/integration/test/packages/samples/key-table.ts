import { createKeyTable, type KeyTable, keyTableSql } from '@sqlcrypter/key-table';
import sqlite from 'node-sqlite3-wasm';

async function main(): Promise<void> {
  const database = new sqlite.Database();
  for (const statement of keyTableSql('sqlite')) database.exec(statement);
  const table: KeyTable = createKeyTable({ sqlite: database });
  const status: readonly { readonly state: string }[] = await table.findStatus([]);
  console.log(`${status.length} keys`);
  database.close();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
