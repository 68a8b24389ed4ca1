import { listEmployees } from '../../employees.js';
import type { KmsStage } from '../../kms-stage.js';
import type { Narrator } from '../../narrator.js';

export async function loseAccess(narrator: Narrator, { db, kms, restart }: KmsStage, count: number): Promise<void> {
  narrator.section('Lose the permission to decrypt');
  narrator.tell('Somebody takes kms:Decrypt out of the policy of the application, and it restarts:');
  kms.setFault('Decrypt', { exception: 'AccessDeniedException' });
  await restart();
  await narrator.checkRefused('listEmployees(db)', 'KMS_DENIED', () => listEmployees(db));

  narrator.tell('A thief who has the database and the code is no better off. With the permission back:');
  kms.clearFaults();
  await restart();
  narrator.checkValue('Employees that are read', (await listEmployees(db)).length, count);
}
