import { type Employee, insertEmployee, type PostgresDatabase } from '../employees.js';
import type { Narrator } from '../narrator.js';
import { ADA } from '../people.js';
import { occursIn } from '../plaintext-search.js';
import { employeeAsStored } from '../postgres-view.js';

export async function createEmployee(narrator: Narrator, db: PostgresDatabase): Promise<Employee> {
  narrator.section('Create an employee');
  narrator.tell(
    'The application works with plain values. SSN and salary are encrypted before they are bound to the INSERT.',
  );
  narrator.show("await insertEmployee(db, { name: 'Ada Lovelace', ssn: '999-00-1234', salary: 120000 });");
  const ada = await insertEmployee(db, ADA);

  narrator.tell('The row as the database holds it, and as psql, an administrator or an SQL injection sees it:');
  const stored = await employeeAsStored(db, ada.id);
  narrator.showRow(stored);
  const text = Object.values(stored).join('\n');
  narrator.check(
    'A search of the row for 999-00-1234, as text, hex and base64, finds nothing.',
    !occursIn(text, ADA.ssn),
  );
  narrator.check('The same search finds the name, which is not encrypted.', occursIn(text, ADA.name));
  return ada;
}
