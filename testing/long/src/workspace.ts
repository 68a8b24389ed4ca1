import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root: string = fileURLToPath(new URL('../../..', import.meta.url));

/** Makes a folder outside of the repository that is removed when the program ends, however it ends. */
export function temporaryFolder(name: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `sqlcrypter-${name}-`)));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What a package.json says, as far as it is read here. */
export interface Manifest {
  readonly version: string;
  readonly packageManager: string;
}

/** @param folder where the package lies, from the root. */
export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
}
