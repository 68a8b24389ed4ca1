import { isDeepStrictEqual } from 'node:util';
import { shutdown } from '@sqlcrypter/aes';
import { type Employee, findEmployee, listEmployees, type PostgresDatabase, updateEmployee } from '../employees.js';
import type { Narrator } from '../narrator.js';
import { ssnKeys } from '../postgres-view.js';
import { startWithLocalKey } from '../start-up.js';

interface Keys {
  readonly oldKey: Buffer;
  readonly newKey: Buffer;
}

export async function retireKey(
  narrator: Narrator,
  db: PostgresDatabase,
  { ada, oldKey, newKey }: Keys & { readonly ada: Employee },
): Promise<void> {
  narrator.section('Give up the old key');
  narrator.tell('Restarted without the old key, the application cannot read what is still under it:');
  await shutdown();
  startWithLocalKey({ key: newKey });
  await narrator.checkRefused('findEmployee(db, ada.id)', 'KEY_NOT_FOUND', () => findEmployee(db, ada.id));

  narrator.tell('So, with both keys, it reads every employee and writes them once more. Then the old key can go:');
  narrator.show('for (const employee of await listEmployees(db)) await updateEmployee(db, employee);');
  await shutdown();
  startWithLocalKey({ key: newKey, decryptKeys: [oldKey] });
  const employees = await listEmployees(db);
  for (const employee of employees) await updateEmployee(db, employee);

  await shutdown();
  startWithLocalKey({ key: newKey });
  narrator.checkValue('Keys in use', new Set((await ssnKeys(db)).map(({ key }) => key)).size, 1);
  narrator.check(
    `With the new key alone, all ${employees.length} employees are read, with the same values as before.`,
    isDeepStrictEqual(await listEmployees(db), employees),
  );
}
