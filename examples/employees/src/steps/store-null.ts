import { type Employee, findEmployee, insertEmployee, type PostgresDatabase } from '../employees.js';
import type { Narrator } from '../narrator.js';
import { GRACE } from '../people.js';
import { employeeAsStored } from '../postgres-view.js';

export async function storeNull(narrator: Narrator, db: PostgresDatabase): Promise<Employee> {
  narrator.section('Store no SSN at all');
  narrator.tell('NULL is not encrypted: the database can tell who has no SSN, and `is null` works in queries.');
  const grace = await insertEmployee(db, GRACE);
  narrator.showRow(await employeeAsStored(db, grace.id));
  const { rows } = await db.query('select name from employee where ssn is null');
  narrator.checkValue('select name from employee where ssn is null', rows, [{ name: GRACE.name }]);
  narrator.checkValue('The SSN that the application reads', (await findEmployee(db, grace.id))?.ssn, null);
  return grace;
}
