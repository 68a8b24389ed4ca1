import { type Employee, findEncryptedEmployee, type PostgresDatabase, ssn } from '../employees.js';
import type { Narrator } from '../narrator.js';

export async function printAsJson(narrator: Narrator, db: PostgresDatabase, ada: Employee): Promise<void> {
  narrator.section('Print an employee');
  narrator.tell(
    'An employee can also stay encrypted until somebody needs a value. JSON then has the ciphertext in base64, and a ' +
      'log line has none of it:',
  );
  const employee = await findEncryptedEmployee(db, ada.id);
  narrator.show(JSON.stringify(employee, undefined, 2));
  narrator.checkValue('String(employee.ssn)', String(employee?.ssn), '[REDACTED]');
  narrator.checkValue('await ssn.decrypt(employee.ssn)', await ssn.decrypt(employee?.ssn ?? null), ada.ssn);
}
