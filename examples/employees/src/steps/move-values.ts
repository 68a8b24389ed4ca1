import { MOVE_TO_ANOTHER_COLUMN, MOVE_TO_ANOTHER_ROW } from '../attacks.js';
import { type Employee, findEmployee, listEmployees, type PostgresDatabase, updateEmployee } from '../employees.js';
import type { Narrator } from '../narrator.js';

export async function moveValues(
  narrator: Narrator,
  db: PostgresDatabase,
  { ada, grace }: { readonly ada: Employee; readonly grace: Employee },
): Promise<void> {
  narrator.section('Move values to where they do not belong');
  narrator.tell(
    'Somebody who can write to the database, but has no key, gives Grace the SSN of Ada. Every value is bound to ' +
      'its row, so the application gets an error with a stable code instead:',
  );
  narrator.show(MOVE_TO_ANOTHER_ROW);
  await db.query(MOVE_TO_ANOTHER_ROW);
  await narrator.checkRefused('findEmployee(db, grace.id)', 'AUTH_FAILED', () => findEmployee(db, grace.id));

  narrator.tell('Nor can a value be read from another column, though that is of the same row:');
  narrator.show(MOVE_TO_ANOTHER_COLUMN);
  await db.query(MOVE_TO_ANOTHER_COLUMN);
  await narrator.checkRefused('findEmployee(db, ada.id)', 'AUTH_FAILED', () => findEmployee(db, ada.id));

  for (const employee of [ada, grace]) await updateEmployee(db, employee);
  const ssns = (await listEmployees(db)).map(({ ssn }) => ssn);
  narrator.checkValue('SSNs, once the application has written both rows again', ssns, [ada.ssn, grace.ssn]);
}
