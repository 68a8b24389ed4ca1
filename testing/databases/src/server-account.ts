import { execFileSync } from 'node:child_process';
import { chmod, chown, lchown, mkdtemp, readdir, realpath, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TestDatabaseError } from './test-database-error.js';

/** The operating system user that runs a server. */
export interface ServerAccount {
  uid: number;
  gid: number;
}

const othersMayEnter = 0o001;
const othersMayReadAndEnter = 0o005;

/**
 * Database servers refuse to run as root. Gives the first of `names` that exists when the current user is root, else
 * undefined: the server then runs as the current user.
 *
 * @throws TestDatabaseError `START_FAILED` when none of them exists
 */
export function serverAccount(names: readonly string[]): ServerAccount | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of names) {
    try {
      return { uid: Number(readId('-u', name)), gid: Number(readId('-g', name)) };
    } catch {
      // No such user here.
    }
  }
  const message = `A database server does not run as root, and no user ${names.join(' or ')} exists here to run it`;
  throw new TestDatabaseError('START_FAILED', message);
}

/** A new temporary folder that `account` can reach and own. */
export async function temporaryServerFolder(name: string, account: ServerAccount | undefined): Promise<string> {
  // A TMPDIR of root's own, as some sessions have, is closed to the server's user.
  const parent = account === undefined || (await othersCanUse(tmpdir())) ? tmpdir() : '/tmp';
  const folder = await mkdtemp(join(await realpath(parent), `sqlcrypter-${name}-`));
  if (account !== undefined) {
    await chown(folder, account.uid, account.gid);
    await chmod(folder, 0o700);
  }
  return folder;
}

/** Whether every user can enter all folders above `path`, and read and enter or run `path` itself. */
export async function othersCanUse(path: string): Promise<boolean> {
  const real = await realpath(path);
  if (((await stat(real)).mode & othersMayReadAndEnter) !== othersMayReadAndEnter) return false;
  for (let folder = dirname(real); ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & othersMayEnter) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** Makes `account` the owner of `folder` and of everything in it. */
export async function giveTo(account: ServerAccount, folder: string): Promise<void> {
  await chown(folder, account.uid, account.gid);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    await lchown(join(entry.parentPath, entry.name), account.uid, account.gid);
  }
}

function readId(option: string, name: string): string {
  return execFileSync('id', [option, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
