import { generateKey, shutdown } from '@sqlcrypter/aes';
import type { TestServer } from '@sqlcrypter/test-databases';
import { withEmployeeDatabase } from './employee-database.js';
import type { Narrator } from './narrator.js';
import { ADA, CORRECTED_SSN } from './people.js';
import { startWithLocalKey } from './start-up.js';
import { createEmployee } from './steps/create-employee.js';
import { createTable } from './steps/create-table.js';
import { moveValues } from './steps/move-values.js';
import { printAsJson } from './steps/print-as-json.js';
import { queryAndUpdate } from './steps/query-and-update.js';
import { retireKey } from './steps/retire-key.js';
import { rotateKey } from './steps/rotate-key.js';
import { stealDump } from './steps/steal-dump.js';
import { storeNull } from './steps/store-null.js';
import { writePlaintext } from './steps/write-plaintext.js';

/** PostgreSQL through pg, and a key that the application holds. */
export async function postgresTour(narrator: Narrator, server: TestServer): Promise<void> {
  narrator.part('PostgreSQL, with a key that the application holds');
  await withEmployeeDatabase(server, async ({ database, db }) => {
    try {
      narrator.section('Start the application');
      narrator.tell('It holds a 256-bit key. Here that is made at random; elsewhere it comes from a secret store.');
      narrator.show('init(createAesCrypterer({ key }));');
      const key = generateKey();
      startWithLocalKey({ key });

      await createTable(narrator, db);
      const created = await createEmployee(narrator, db);
      await writePlaintext(narrator, db);
      const ada = await queryAndUpdate(narrator, db, created);
      await printAsJson(narrator, db, ada);
      const grace = await storeNull(narrator, db);
      await stealDump(narrator, database, { names: [ada.name, grace.name], ssns: [ADA.ssn, CORRECTED_SSN] });
      await moveValues(narrator, db, { ada, grace });
      const newKey = await rotateKey(narrator, db, { ada, oldKey: key });
      await retireKey(narrator, db, { ada, oldKey: key, newKey });
    } finally {
      await shutdown();
    }
  });
}
