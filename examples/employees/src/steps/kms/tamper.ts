import { CHANGE_ONE_BIT } from '../../attacks.js';
import { type Employee, findEmployee, updateEmployee } from '../../employees.js';
import type { KmsStage } from '../../kms-stage.js';
import type { Narrator } from '../../narrator.js';

export async function tamper(narrator: Narrator, { db }: KmsStage, ada: Employee): Promise<void> {
  narrator.section('Tamper with a value');
  narrator.tell('Somebody who can write to the database changes a single bit:');
  narrator.show(CHANGE_ONE_BIT);
  await db.query(CHANGE_ONE_BIT);
  await narrator.checkRefused('findEmployee(db, ada.id)', 'AUTH_FAILED', () => findEmployee(db, ada.id));
  await updateEmployee(db, ada);
}
