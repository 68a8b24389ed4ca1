import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root: string = fileURLToPath(new URL('../../..', import.meta.url));

/** A package of the workspace that users install. */
export interface PublishedPackage {
  name: string;
  folder: string;
}

/** Every package of the workspace that is not private. */
export function publishedPackages(): PublishedPackage[] {
  return ['packages', 'testing']
    .flatMap((parent) => readdirSync(join(root, parent)).map((name) => join(root, parent, name)))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({ folder, ...readManifest(folder) }))
    .filter((manifest) => manifest.private !== true)
    .map(({ name, folder }) => ({ name, folder }));
}

/** What a package.json says, as far as these tests read it. */
export interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  packageManager?: string;
  bin?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** The JavaScript file behind a command of an installed package, which is named by the path of its package.json. */
export function commandOf(manifestPath: string, command: string): string {
  const folder = dirname(manifestPath);
  const path = readManifest(folder).bin?.[command];
  if (path === undefined) throw new Error(`${folder} has no command ${command}`);
  return join(folder, path);
}
