import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { run } from '@sqlcrypter/test-support';
import { expect, it } from 'vitest';
import { describeDriver } from './describe-driver.js';
import { nodeSqliteDriver } from './drivers/node-sqlite.js';

const driver = nodeSqliteDriver();

if (driver !== undefined) describeDriver(driver);
// It came with Node 22: an older one has npm fetch a newer, which runs this file again and takes the way above.
else it('node:sqlite is tested by a Node that has it', testByNewerNode);

async function testByNewerNode(): Promise<void> {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const newerNode = `node-${platform}-${process.arch}@24.21.0`;
  const folder = join(import.meta.dirname, '../..');
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
  const files = ['test/databases/node-sqlite.test.ts', 'test/databases/traps/what-is-stored.test.ts'];
  const tests = [vitest, 'run', ...files, '--testNamePattern', 'node:sqlite', '--reporter=tap-flat'];
  const npx = ['--yes', '--loglevel=error', '--prefer-offline', '--package', newerNode, '--', 'node', ...tests];
  const { exitCode, stdout, stderr } = await run('npx', npx, { cwd: folder });
  expect(exitCode, stdout + stderr).toBe(0);
  const passed = stdout.split('\n').filter((line) => line.startsWith('ok ') && !line.includes('# SKIP'));
  expect(passed.length).toBeGreaterThan(60);
}
