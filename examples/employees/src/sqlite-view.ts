import type { Database } from 'node-sqlite3-wasm';

type Row = Readonly<Record<string, string | null>>;

/** One row as SQLite prints it. */
export function employeeAsStored(db: Database, id: string): Row {
  const row = db.get('select id, name, quote(ssn) as ssn, quote(salary) as salary from employee where id = ?', [id]);
  if (row === null) throw new Error(`There is no employee ${id}.`);
  return row as Row;
}
