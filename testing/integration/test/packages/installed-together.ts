import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { type LocalKms, startLocalKms } from '@sqlcrypter/local-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kmsEnvironment } from '../support/kms-environment.js';
import { run, runNode } from '../support/run.js';
import { commandOf, publishedPackages, readManifest } from '../support/workspace.js';
import { type Consumer, installInto } from './consumer.js';
import type { Tarballs } from './tarballs.js';

/** What a user of each package writes, and what it prints. The contract suite runs in vitest only. */
const samples = [
  { name: '@sqlcrypter/aes', file: new URL('./samples/aes.ts', import.meta.url), says: '999-00-1234\n' },
  { name: '@sqlcrypter/awskms', file: new URL('./samples/awskms.ts', import.meta.url), says: '999-00-1234\n' },
  { name: '@sqlcrypter/contract', file: new URL('./samples/contract.ts', import.meta.url) },
  { name: '@sqlcrypter/core', file: new URL('./samples/core.ts', import.meta.url), says: '999-00-1234\n' },
  { name: '@sqlcrypter/envelope', file: new URL('./samples/envelope.ts', import.meta.url), says: '999-00-1234\n' },
  { name: '@sqlcrypter/key-table', file: new URL('./samples/key-table.ts', import.meta.url), says: '0 keys\n' },
  { name: '@sqlcrypter/local-kms', file: new URL('./samples/local-kms.ts', import.meta.url), says: '0 calls\n' },
  { name: '@sqlcrypter/sql', file: new URL('./samples/sql.ts', import.meta.url), says: '999-00-1234\n' },
];
const programs = samples.filter(({ says }) => says !== undefined);

const require = createRequire(import.meta.url);
const tsc = commandOf(require.resolve('typescript/package.json'), 'tsc');

const versionHere = (name: string) => readManifest(dirname(require.resolve(`${name}/package.json`))).version;

/** Strict, and without skipLibCheck: the declarations of the packages are checked, too. */
const strict = { strict: true, target: 'ES2022', lib: ['ES2022'], exactOptionalPropertyTypes: true };

const baseName = (name: string) => name.slice('@sqlcrypter/'.length);

/** Every package, used together in one project. */
export function installedTogether(tarballs: Tarballs): void {
  let project: Consumer;
  let kms: LocalKms;

  beforeAll(async () => {
    const others = ['@types/node', 'node-sqlite3-wasm', 'vitest'].map((name) => `${name}@${versionHere(name)}`);
    project = await installInto(tarballs, [...samples.map(({ name }) => name), ...others]);
    kms = await startLocalKms();
  });
  afterAll(async () => {
    await kms?.close();
    await project?.[Symbol.asyncDispose]();
  });

  async function compile(extension: string, compilerOptions: object): Promise<string> {
    const files = samples.map(({ name, file }) => ({ file, copy: `${baseName(name)}${extension}` }));
    for (const { file, copy } of files) await project.write(copy, await readFile(file, 'utf8'));
    const config = { compilerOptions: { ...strict, ...compilerOptions }, files: files.map(({ copy }) => copy) };
    await project.write(`tsconfig${extension}.json`, JSON.stringify(config));
    return (await runNode([tsc, '-p', `tsconfig${extension}.json`], { cwd: project.folder })).stdout;
  }

  it('every published package has its sample', () => {
    const names = publishedPackages().map(({ name }) => name);
    expect(samples.map(({ name }) => name)).toEqual(names.sort());
  });

  describe.each([
    { kind: 'an ES module', source: '.mts', program: '.mjs', statement: /^import .* from /m },
    { kind: 'CommonJS', source: '.cts', program: '.cjs', statement: /^const .* = require\(/m },
  ])('from $kind', ({ source, program, statement }) => {
    let errors: string;
    beforeAll(async () => {
      errors = await compile(source, { module: 'nodenext' });
    });

    it('TypeScript finds every declaration with nodenext', () => {
      expect(errors).toBe('');
    });

    it.each(programs)('$name works, without a warning', async ({ name, says }) => {
      const file = `${baseName(name)}${program}`;
      expect(await readFile(`${project.folder}/${file}`, 'utf8')).toMatch(statement);
      const finished = await project.node([file], kmsEnvironment(kms));
      expect(finished).toEqual({ exitCode: 0, stdout: says, stderr: '' });
    });
  });

  it('TypeScript finds every declaration with bundler', async () => {
    expect(await compile('.ts', { module: 'preserve', moduleResolution: 'bundler', noEmit: true })).toBe('');
  });

  it('the contract suite runs in a project of somebody outside', async () => {
    await project.write('aes.test.ts', await readFile(new URL('./samples/contract.ts', import.meta.url), 'utf8'));
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=json'];
    const { exitCode, stdout, stderr } = await project.node(vitest);
    expect(exitCode, stderr).toBe(0);
    const report = JSON.parse(stdout) as { numPassedTests: number; numFailedTests: number };
    expect(report.numFailedTests).toBe(0);
    expect(report.numPassedTests).toBeGreaterThan(50);
  });

  it('the local KMS starts from the command line, with its options', async () => {
    const localKms = ['--no', '--', '@sqlcrypter/local-kms'];
    const help = await run('npx', [...localKms, '--help'], { cwd: project.folder });
    expect(help).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('--port') });
    const options = ['--port', '0', '--seed', 'absent.yaml'];
    const { exitCode, stderr } = await run('npx', [...localKms, ...options], { cwd: project.folder });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Seed absent.yaml') });
  });
}
