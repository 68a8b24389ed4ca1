import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { usableBinaries } from '../src/postgres-binaries.js';
import { othersCanUse, serverAccount } from '../src/server-account.js';

const isRoot = process.getuid?.() === 0;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'account-'));
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'tree', 'bin'), { recursive: true });
  await writeFile(join(folder, 'tree', 'bin', 'postgres'), 'program', { mode: 0o755 });
});
afterEach(() => rm(folder, { recursive: true }));

const installed = () => ({ initdb: join(folder, 'tree/bin/initdb'), postgres: join(folder, 'tree/bin/postgres') });

describe('the user that runs a server', () => {
  it('is the current user, unless that is root', () => {
    const account = serverAccount(['no-such-user', 'nobody']);
    if (isRoot) expect(account?.uid).toBeGreaterThan(0);
    else expect(account).toBeUndefined();
  });

  if (isRoot) {
    it('must exist', () => {
      expect(() => serverAccount(['no-such-user'])).toThrow(expect.objectContaining({ code: 'START_FAILED' }));
    });
  }
});

describe('programs that another user has to run', () => {
  it('are within reach below open folders', async () => {
    expect(await othersCanUse(installed().postgres)).toBe(true);
  });

  it('are out of reach below a closed folder', async () => {
    await chmod(folder, 0o700);
    expect(await othersCanUse(installed().postgres)).toBe(false);
  });

  it('are out of reach when they are closed themselves', async () => {
    await chmod(installed().postgres, 0o700);
    expect(await othersCanUse(installed().postgres)).toBe(false);
  });

  it('are used in place within reach, and out of reach copied to where the user can run them', async () => {
    const account = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    const target = join(folder, 'server');
    await mkdir(target);
    expect(await usableBinaries(installed(), account, target)).toEqual(installed());
    await chmod(join(folder, 'tree'), 0o700);
    const copied = await usableBinaries(installed(), account, target);
    expect(copied.postgres).toBe(join(target, 'postgresql/bin/postgres'));
    expect(await readFile(copied.postgres, 'utf8')).toBe('program');
    expect((await stat(copied.postgres)).mode & 0o777).toBe(0o755);
  });
});
