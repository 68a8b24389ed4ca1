import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Finished, run, runNode } from './run.js';
import type { Tarballs } from './tarballs.js';
import { publishedPackages } from './workspace.js';

/** A project of a user, outside of the workspace, in which npm installed packages. */
export interface Consumer extends AsyncDisposable {
  folder: string;
  /** Adds a file, and its folder. */
  write(path: string, content: string): Promise<void>;
  /** Runs a file with Node. */
  node(args: readonly string[], env?: Record<string, string | undefined>): Promise<Finished>;
  /** Every installed package, nested ones too, sorted. */
  installedPackages(): Promise<string[]>;
  /** Bytes of all files in node_modules. */
  installedBytes(): Promise<number>;
}

/**
 * Installs published packages from their tarballs, and whatever else is named (`name` or `name@version`), into an empty
 * project. Packages of ours that these depend on come from tarballs too; all others from the registry.
 */
export async function installInto(tarballs: Tarballs, wanted: readonly string[]): Promise<Consumer> {
  const folder = await mkdtemp(join(tmpdir(), 'sqlcrypter-consumer-'));
  const ours = new Map(publishedPackages().map(({ name }) => [name, `file:${tarballs.of(name)}`]));
  const dependencies = Object.fromEntries(wanted.map((each) => [nameOf(each), ours.get(each) ?? versionOf(each)]));
  const overrides = Object.fromEntries(
    // A dependency of the project itself can only be overridden by what it is.
    [...ours].map(([name, spec]) => [name, name in dependencies ? `$${name}` : spec]),
  );
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies, overrides }));
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const { exitCode, stdout, stderr } = await run('npm', install, { cwd: folder });
  if (exitCode !== 0) throw new Error(`npm install failed:\n${stdout}${stderr}`);

  const modules = join(folder, 'node_modules');
  const entries = () => readdir(modules, { recursive: true, withFileTypes: true });
  return {
    folder,
    async write(path, content) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    },
    node: (args, env = {}) => runNode(args, { cwd: folder, env }),
    async installedPackages() {
      const manifest = /^(?:.*node_modules\/)?((?:@[^/]+\/)?[^/]+)\/package\.json$/;
      const paths = (await entries()).map((entry) => join(entry.parentPath, entry.name).slice(modules.length + 1));
      return paths.flatMap((path) => manifest.exec(path.replaceAll('\\', '/'))?.[1] ?? []).sort();
    },
    async installedBytes() {
      const files = (await entries()).filter((entry) => entry.isFile());
      const sizes = await Promise.all(files.map((file) => stat(join(file.parentPath, file.name))));
      return sizes.reduce((sum, { size }) => sum + size, 0);
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

function nameOf(wanted: string): string {
  const version = wanted.indexOf('@', 1);
  return version < 0 ? wanted : wanted.slice(0, version);
}

function versionOf(wanted: string): string {
  return wanted.slice(nameOf(wanted).length + 1) || '*';
}
