import type { Database } from 'node-sqlite3-wasm';
import { MOVE_TO_ANOTHER_COLUMN, MOVE_TO_ANOTHER_ROW, WRITE_PLAINTEXT } from '../../attacks.js';
import type { Employee } from '../../employees.js';
import { findEmployee } from '../../employees-sqlite.js';
import type { Narrator } from '../../narrator.js';

export async function refuse(
  narrator: Narrator,
  db: Database,
  { ada, grace }: { readonly ada: Employee; readonly grace: Employee },
): Promise<void> {
  narrator.section('Write plaintext, and move values');
  narrator.tell('The statements that were tried on PostgreSQL fare no better here.');
  await narrator.checkRefused('an SSN that is not encrypted', 'CHECK', () => db.exec(WRITE_PLAINTEXT));
  db.exec(MOVE_TO_ANOTHER_ROW);
  await narrator.checkRefused('the SSN of Ada, read from the row of Grace', 'AUTH_FAILED', () =>
    findEmployee(db, grace.id),
  );
  db.exec(MOVE_TO_ANOTHER_COLUMN);
  await narrator.checkRefused('the SSN of Ada, read as her salary', 'AUTH_FAILED', () => findEmployee(db, ada.id));
}
