import { isDeepStrictEqual } from 'node:util';
import { type Employee, listEmployees } from '../../employees.js';
import { callsOf, type KmsCalls, type KmsStage } from '../../kms-stage.js';
import type { Narrator } from '../../narrator.js';

/** Gives the calls that the new process made. */
export async function readAfterRestart(
  narrator: Narrator,
  { db, kms, restart }: KmsStage,
  employees: readonly Employee[],
): Promise<KmsCalls> {
  narrator.section('Restart, and read everything');
  narrator.tell(
    'A new process has no key in memory. It gets a data key of its own to write with, and has the one it meets in ' +
      'the rows unwrapped: once for each key, not for each row.',
  );
  kms.clearCalls();
  await restart();
  const rows = await listEmployees(db);
  narrator.check(`All ${rows.length} employees are read, as they were written.`, isDeepStrictEqual(rows, employees));
  const calls = callsOf(kms);
  narrator.checkValue('Calls to the KMS', calls, { GenerateDataKey: 1, Decrypt: 1 });
  await listEmployees(db);
  narrator.checkValue('Calls to the KMS after all were read once more', callsOf(kms), calls);
  return calls;
}
