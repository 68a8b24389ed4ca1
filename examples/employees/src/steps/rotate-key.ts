import { generateKey, shutdown } from '@sqlcrypter/aes';
import { type Employee, findEmployee, insertEmployee, type PostgresDatabase } from '../employees.js';
import type { Narrator } from '../narrator.js';
import { ALAN } from '../people.js';
import { ssnKeys } from '../postgres-view.js';
import { startWithLocalKey } from '../start-up.js';

/** Gives the new key. */
export async function rotateKey(
  narrator: Narrator,
  db: PostgresDatabase,
  { ada, oldKey }: { readonly ada: Employee; readonly oldKey: Buffer },
): Promise<Buffer> {
  narrator.section('Replace the key');
  narrator.tell('The application restarts with a new key to write with, and with the old one to read with.');
  narrator.show('init(createAesCrypterer({ key: newKey, decryptKeys: [oldKey] }));');
  const newKey = generateKey();
  await shutdown();
  startWithLocalKey({ key: newKey, decryptKeys: [oldKey] });

  narrator.checkValue('The SSN of Ada, under the old key', (await findEmployee(db, ada.id))?.ssn, ada.ssn);
  const alan = await insertEmployee(db, ALAN);
  narrator.checkValue('The SSN of Alan, who is new', (await findEmployee(db, alan.id))?.ssn, ALAN.ssn);

  narrator.tell('Every value names its key, so nobody has to guess:');
  const keys = await ssnKeys(db);
  narrator.show(keys.map(({ name, key }) => `${name.padEnd(14)} key ${key}`).join('\n'));
  narrator.checkValue('Keys in use', new Set(keys.map(({ key }) => key)).size, 2);
  return newKey;
}
