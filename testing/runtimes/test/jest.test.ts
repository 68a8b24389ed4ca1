import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { type Consumer, run } from '@sqlcrypter/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runtimeProject } from './runtime-project.js';

const OURS = ['@sqlcrypter/awskms', '@sqlcrypter/core', '@sqlcrypter/envelope', '@sqlcrypter/local-kms'];
const OTHERS = [
  ...['jest@30.5.2', 'ts-jest@29.4.15', 'typescript@5.9.3', '@babel/preset-env@7.29.5'],
  ...['@types/jest@30.0.0', '@types/node@20.19.25', 'node-sqlite3-wasm@0.8.60'],
];

const TS_JEST = ['--config=ts-jest/jest.config.js'];

describe('Jest', () => {
  let project: Consumer;
  beforeAll(async () => {
    project = await runtimeProject('jest', [...OURS, ...OTHERS]);
    // Jest leaves files that end in .mjs to Node.
    await cp(join(project.folder, 'round-trip.mjs'), join(project.folder, 'babel/round-trip.js'));
  });
  afterAll(() => project?.[Symbol.asyncDispose]());

  it.each([
    { kind: 'its defaults and require()', args: ['--rootDir=defaults'], passed: 8 },
    { kind: 'babel-jest and import', args: ['--rootDir=babel'], passed: 1 },
    { kind: 'ts-jest and module commonjs', args: TS_JEST, env: { MODULE_KIND: 'commonjs' }, passed: 2 },
    { kind: 'ts-jest and module node16', args: TS_JEST, env: { MODULE_KIND: 'node16' }, passed: 2 },
  ])('runs the packages with $kind', async ({ args, env = {}, passed }) => {
    const jest = ['--no', '--', 'jest', '--json', ...args];
    const { exitCode, stdout, stderr } = await run('npx', jest, { cwd: project.folder, env });
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ success: true, numPassedTests: passed, numTotalTests: passed });
  });
});
