import { employeeTable, type PostgresDatabase } from '../employees.js';
import type { Narrator } from '../narrator.js';

export async function createTable(narrator: Narrator, db: PostgresDatabase): Promise<void> {
  narrator.section('Create the table');
  narrator.tell(
    'The name is stored as it is. The SSN and the salary are encrypted columns: bytea, with a CHECK that lets ' +
      'only encrypted values in.',
  );
  narrator.show(employeeTable);
  await db.query(employeeTable);
}
