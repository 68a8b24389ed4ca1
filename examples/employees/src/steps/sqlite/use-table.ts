import type { Database } from 'node-sqlite3-wasm';
import { type Employee, ssn } from '../../employees.js';
import { employeeTable, findEmployee, insertEmployee, updateEmployee } from '../../employees-sqlite.js';
import type { Narrator } from '../../narrator.js';
import { ADA, CORRECTED_SSN, GRACE } from '../../people.js';
import { employeeAsStored } from '../../sqlite-view.js';

export async function useTable(narrator: Narrator, db: Database): Promise<{ ada: Employee; grace: Employee }> {
  narrator.section('Create, query and update');
  const { type, check } = ssn.ddl('sqlite');
  narrator.tell(
    'The columns are declared once for all databases. What differs is the type and the CHECK; those of ssn:',
  );
  narrator.showRow({ type, check: check ?? null });
  db.exec(employeeTable);
  const created = await insertEmployee(db, ADA);
  const grace = await insertEmployee(db, GRACE);
  const ada = { ...created, ssn: CORRECTED_SSN };
  await updateEmployee(db, ada);
  narrator.tell('Ada was created and updated, as before. Her row as the database holds it:');
  narrator.showRow(employeeAsStored(db, ada.id));
  narrator.checkValue('Her SSN as the application reads it', (await findEmployee(db, ada.id))?.ssn, ada.ssn);
  narrator.checkValue('The SSN of Grace, who has none', (await findEmployee(db, grace.id))?.ssn, null);
  return { ada, grace };
}
