import { type Employee, employeeTable, findEmployee, insertEmployees, updateEmployee } from '../../employees.js';
import { callsOf, type KmsStage } from '../../kms-stage.js';
import type { Narrator } from '../../narrator.js';
import { ADA, CORRECTED_SSN, GRACE, staff } from '../../people.js';
import { employeeAsStored } from '../../postgres-view.js';

const COUNT = 100;

interface Staff {
  readonly ada: Employee;
  /** Everybody, by name. */
  readonly employees: readonly Employee[];
}

export async function createStaff(narrator: Narrator, { db, kms }: KmsStage): Promise<Staff> {
  narrator.section(`Create ${COUNT} employees, query and update`);
  narrator.tell('The table and the functions are those of before: nothing of them knows where the key is.');
  await db.query(employeeTable);
  const [created, ...others] = await insertEmployees(db, [ADA, ...staff(COUNT - 2), GRACE]);
  const ada = { ...(created as Employee), ssn: CORRECTED_SSN };
  await updateEmployee(db, ada);
  narrator.checkValue('The SSN of Ada, after an update', (await findEmployee(db, ada.id))?.ssn, ada.ssn);
  narrator.tell('Her row as the database holds it. Values are longer, for the wrapped data key in them:');
  narrator.showRow(await employeeAsStored(db, ada.id));
  narrator.checkValue('Calls to the KMS, still', callsOf(kms), { GenerateDataKey: 1, Decrypt: 0 });
  return { ada, employees: [ada, ...others] };
}
