import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.js';
import { publishedPackages, readManifest, root } from './workspace.js';

/** All published packages, packed as for the registry. */
export interface Tarballs extends AsyncDisposable {
  /** Where they lie; removed when this is disposed. */
  folder: string;
  /** Path of a package's tarball. */
  of(name: string): string;
}

/** Packs what is built. Takes 2 seconds. */
export async function packAll(): Promise<Tarballs> {
  const folder = await mkdtemp(join(tmpdir(), 'sqlcrypter-tarballs-'));
  const { packageManager = '' } = readManifest(root);
  const filters = publishedPackages().map(({ name }) => `--filter=${name}`);
  const pack = ['--recursive', ...filters, 'pack', '--json', '--pack-destination', folder];
  const { exitCode, stdout, stderr } = await run('npx', ['--yes', packageManager, ...pack], { cwd: root });
  if (exitCode !== 0) throw new Error(`pnpm pack failed:\n${stdout}${stderr}`);

  const packed = JSON.parse(stdout) as { name: string; filename: string }[];
  const paths = new Map(packed.map(({ name, filename }) => [name, filename]));
  return {
    folder,
    of(name) {
      const path = paths.get(name);
      if (path === undefined) throw new Error(`${name} was not packed: is it published?`);
      return path;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
