import { dumpPostgres, type TestDatabase } from '@sqlcrypter/test-databases';
import type { Narrator } from '../narrator.js';
import { occursIn } from '../plaintext-search.js';

/** @param ssns all that ever were in the database. */
export async function stealDump(
  narrator: Narrator,
  database: TestDatabase,
  { names, ssns }: { readonly names: readonly string[]; readonly ssns: readonly string[] },
): Promise<void> {
  narrator.section('Steal a backup');
  const { tool, text } = await dumpPostgres(database);
  const command = tool === 'pg_dump' ? 'pg_dump' : 'COPY';
  narrator.tell(
    `${command} writes the table as text. Somebody gets hold of it and searches its ${text.length} ` +
      'characters for names and SSNs: as they are, in hex and in base64.',
  );
  const count = (values: readonly string[]) => values.filter((value) => occursIn(text, value)).length;
  const found = { names: count(names), ssns: count(ssns) };
  narrator.check(
    `${found.names} of ${names.length} names are found: they are not encrypted.`,
    found.names === names.length,
  );
  narrator.check(`${found.ssns} of ${ssns.length} SSNs are found.`, found.ssns === 0);
}
