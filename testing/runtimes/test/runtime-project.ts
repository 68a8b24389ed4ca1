import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Consumer, installInto } from '@sqlcrypter/test-support';
import { inject } from 'vitest';

const projects = fileURLToPath(new URL('../projects', import.meta.url));

/** The packages of ours that every project uses. */
const OURS = ['@sqlcrypter/aes', '@sqlcrypter/key-table', '@sqlcrypter/sql'];

/**
 * A project outside of the workspace with the files of a folder in `projects` and those of `projects/shared`, in which
 * npm installed the packed packages and whatever else is named, as `name@version`.
 */
export async function runtimeProject(name: string, wanted: readonly string[] = []): Promise<Consumer> {
  const tarballs = inject('tarballs');
  const of = (packageName: string): string => tarballs[packageName] as string;
  const project = await installInto({ folder: '', of, [Symbol.asyncDispose]: async () => undefined }, [
    ...OURS,
    ...wanted,
  ]);
  for (const folder of ['shared', name]) await cp(join(projects, folder), project.folder, { recursive: true });
  return project;
}

/** What `projects/shared/round-trip` gives wherever the packages work. */
export const ROUND_TRIP = JSON.parse(
  await readFile(new URL('../projects/shared/expected.json', import.meta.url), 'utf8'),
) as unknown;
