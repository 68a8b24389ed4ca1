import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withPostgresClient } from '../src/postgres-client.js';

const program = fileURLToPath(new URL('fixtures/hold-server.mjs', import.meta.url));
const patience = { timeout: 20_000, interval: 100 };
let temporary: string;
let owner: ChildProcess;

beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'lifetime-'));
  // The server may run as another user, who has to pass through here.
  await chmod(temporary, 0o755);
  owner = spawn(process.execPath, [program], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
});
afterEach(async () => {
  owner.kill('SIGKILL');
  await rm(temporary, { recursive: true, force: true });
});

const folderIsGone = () => vi.waitFor(async () => expect(await readdir(temporary)).toEqual([]), patience);

describe('a server whose owner ends without stopping it', () => {
  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('ends and leaves no files after %s', async (signal) => {
    const [printed] = await once(owner.stdout ?? owner, 'data');
    const connection = JSON.parse(String(printed));
    await withPostgresClient(connection, (client) => client.query('SELECT 1'));
    owner.kill(signal);
    await folderIsGone();
    await expect(withPostgresClient(connection, async () => {})).rejects.toThrow(/ECONNREFUSED/);
  });

  it('ends and leaves no files when that happens while the server is being set up', async () => {
    await vi.waitFor(async () => {
      const [folder = ''] = await readdir(temporary);
      expect(existsSync(join(temporary, folder, 'data'))).toBe(true);
    }, patience);
    owner.kill('SIGKILL');
    await folderIsGone();
  });
});
