import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey, shutdown } from '@sqlcrypter/aes';
import sqlite from 'node-sqlite3-wasm';
import type { Narrator } from './narrator.js';
import { ADA, CORRECTED_SSN } from './people.js';
import { startWithLocalKey } from './start-up.js';
import { refuse } from './steps/sqlite/refuse.js';
import { searchFile } from './steps/sqlite/search-file.js';
import { useTable } from './steps/sqlite/use-table.js';

/** SQLite through node-sqlite3-wasm, and a key that the application holds. */
export async function sqliteTour(narrator: Narrator): Promise<void> {
  narrator.part('SQLite, with a key that the application holds');
  const folder = await mkdtemp(join(tmpdir(), 'sqlcrypter-employees-'));
  const file = join(folder, 'employees.db');
  const db = new sqlite.Database(file);
  try {
    startWithLocalKey({ key: generateKey() });
    const { ada, grace } = await useTable(narrator, db);
    await searchFile(narrator, file, { name: ADA.name, ssns: [ADA.ssn, CORRECTED_SSN] });
    await refuse(narrator, db, { ada, grace });
  } finally {
    await shutdown();
    db.close();
    await rm(folder, { recursive: true });
  }
}
