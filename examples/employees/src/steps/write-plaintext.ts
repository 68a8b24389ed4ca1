import { WRITE_PLAINTEXT } from '../attacks.js';
import type { PostgresDatabase } from '../employees.js';
import type { Narrator } from '../narrator.js';

export async function writePlaintext(narrator: Narrator, db: PostgresDatabase): Promise<void> {
  narrator.section('Write an SSN without encrypting it');
  narrator.tell('A script by somebody who has never heard of the encryption writes to the same column:');
  narrator.show(WRITE_PLAINTEXT);
  await narrator.checkRefused('the statement', 'CHECK', () => db.query(WRITE_PLAINTEXT));
}
