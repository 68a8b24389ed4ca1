import { readFile } from 'node:fs/promises';
import type { Narrator } from '../../narrator.js';
import { occursIn } from '../../plaintext-search.js';

export async function searchFile(
  narrator: Narrator,
  file: string,
  { name, ssns }: { readonly name: string; readonly ssns: readonly string[] },
): Promise<void> {
  narrator.section('Steal the file');
  const bytes = await readFile(file);
  narrator.tell(`The whole database is one file of ${bytes.length} bytes. It is searched like the backup before.`);
  narrator.check(`${name} is found: names are not encrypted.`, occursIn(bytes, name));
  for (const ssn of ssns) narrator.check(`${ssn} is not found.`, !occursIn(bytes, ssn));
}
