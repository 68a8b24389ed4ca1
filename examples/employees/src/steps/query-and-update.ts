import { inspect, isDeepStrictEqual } from 'node:util';
import { type Employee, findEmployee, type PostgresDatabase, updateEmployee } from '../employees.js';
import type { Narrator } from '../narrator.js';
import { CORRECTED_SSN } from '../people.js';
import { employeeAsStored } from '../postgres-view.js';

export async function queryAndUpdate(narrator: Narrator, db: PostgresDatabase, ada: Employee): Promise<Employee> {
  narrator.section('Query and update');
  narrator.tell('The application, which has the key, reads plain values. This is findEmployee(db, ada.id):');
  const found = await findEmployee(db, ada.id);
  narrator.show(inspect(found, { compact: false }));
  narrator.check('Every value is the one that was written.', isDeepStrictEqual(found, ada));

  narrator.tell('Now it changes the SSN, and nothing else:');
  narrator.show("await updateEmployee(db, { ...ada, ssn: '999-00-4321' });");
  const before = await employeeAsStored(db, ada.id);
  const corrected = { ...ada, ssn: CORRECTED_SSN };
  await updateEmployee(db, corrected);
  const after = await employeeAsStored(db, ada.id);
  narrator.checkValue('The SSN that is read', (await findEmployee(db, ada.id))?.ssn, CORRECTED_SSN);
  narrator.check('The database holds other bytes for it than before.', after.ssn !== before.ssn);
  narrator.check(
    'So it does for the salary, which is still the same: encrypted twice, a value never looks the same.',
    after.salary !== before.salary,
  );
  return corrected;
}
