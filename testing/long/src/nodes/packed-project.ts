import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runOrThrow } from '../run.js';
import { readManifest, root, temporaryFolder } from '../workspace.js';

interface TestedPackage {
  readonly folder: string;
  /** Sources that tests import, and the installed entry that stands in for each. */
  readonly entries: Readonly<Record<string, string>>;
  /** Sources behind no entry that a test needs as they are. */
  readonly copied: readonly string[];
}

/** Packages whose contract tests run against what is packed instead of against their sources. */
export const TESTED_PACKAGES: readonly TestedPackage[] = [
  { folder: 'packages/provider-aes', entries: { 'index.js': '@sqlcrypter/aes' }, copied: [] },
  {
    folder: 'packages/envelope',
    entries: { 'index.js': '@sqlcrypter/envelope' },
    // Changed rows are made with it.
    copied: ['stored/row-binding.ts'],
  },
  {
    folder: 'packages/provider-awskms',
    entries: { 'index.js': '@sqlcrypter/awskms', 'envelope/index.js': '@sqlcrypter/awskms/envelope' },
    copied: [],
  },
];

/** What the tests import besides, in the versions that the repository has. */
const TEST_DEPENDENCIES = ['node_modules/vitest', 'packages/envelope/node_modules/node-sqlite3-wasm'];

/**
 * A project outside of the workspace in which npm installed the packed packages, and the providers' own contract tests
 * beside them, in folders like those of the repository. Where a test imports its package's sources it finds one line
 * that hands on the installed package.
 */
export async function makePackedProject(): Promise<string> {
  const folder = temporaryFolder('packed');
  await pack(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  const tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  const others = TEST_DEPENDENCIES.map((path) => `${basename(path)}@${readManifest(path).version}`);
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await runOrThrow('npm', ['install', ...quiet, ...tarballs.map((name) => `./${name}`), ...others], folder);

  cpSync(join(root, 'testing/vectors'), join(folder, 'testing/vectors'), { recursive: true });
  for (const tested of TESTED_PACKAGES) {
    cpSync(join(root, tested.folder, 'test'), join(folder, tested.folder, 'test'), {
      recursive: true,
      // It extends one of the repository's root.
      filter: (path) => basename(path) !== 'tsconfig.json',
    });
    for (const [entry, name] of Object.entries(tested.entries)) {
      const path = join(folder, tested.folder, 'src', entry);
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, `export * from '${name}';\n`);
    }
    for (const source of tested.copied) {
      cpSync(join(root, tested.folder, 'src', source), join(folder, tested.folder, 'src', source));
    }
  }
  return folder;
}

/** Packs every published package, as for the registry. */
function pack(destination: string): Promise<void> {
  const { packageManager } = readManifest('.');
  const published = ['./packages/*', '@sqlcrypter/contract', '@sqlcrypter/local-kms'];
  const filters = published.flatMap((name) => ['--filter', name]);
  const args = ['--yes', packageManager, '--recursive', ...filters, 'pack', '--pack-destination', destination];
  return runOrThrow('npx', args, root);
}
