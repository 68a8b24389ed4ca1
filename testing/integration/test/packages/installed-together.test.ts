import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { type LocalKms, startLocalKms } from '@sqlcrypter/local-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kmsEnvironment } from '../support/kms-environment.js';
import { run, runNode } from '../support/run.js';
import { commandOf, publishedPackages, readManifest } from '../support/workspace.js';
import { type Consumer, installInto } from './consumer.js';
import { packAll, type Tarballs } from './tarballs.js';

const sampleOf = {
  '@sqlcrypter/aes': new URL('./samples/aes.ts', import.meta.url),
  '@sqlcrypter/awskms': new URL('./samples/awskms.ts', import.meta.url),
  '@sqlcrypter/contract': new URL('./samples/contract.ts', import.meta.url),
  '@sqlcrypter/core': new URL('./samples/core.ts', import.meta.url),
  '@sqlcrypter/local-kms': new URL('./samples/local-kms.ts', import.meta.url),
  '@sqlcrypter/sql': new URL('./samples/sql.ts', import.meta.url),
};

const require = createRequire(import.meta.url);
const tsc = commandOf(require.resolve('typescript/package.json'), 'tsc');

let tarballs: Tarballs;
let project: Consumer;
let kms: LocalKms;

beforeAll(async () => {
  tarballs = await packAll();
  const others = ['@types/node', 'vitest'].map((name) => `${name}@${versionHere(name)}`);
  project = await installInto(tarballs, [...Object.keys(sampleOf), ...others]);
  kms = await startLocalKms();
});
afterAll(() => Promise.all([tarballs, project, kms].map((each) => each?.[Symbol.asyncDispose]())));

const versionHere = (name: string) => readManifest(dirname(require.resolve(`${name}/package.json`))).version;

/** Strict, and without skipLibCheck: the declarations of the packages are checked, too. */
const strict = { strict: true, target: 'ES2022', lib: ['ES2022'], exactOptionalPropertyTypes: true };

async function compile(extension: string, compilerOptions: object): Promise<string> {
  const files: string[] = [];
  for (const [name, sample] of Object.entries(sampleOf)) {
    const file = `${name.slice('@sqlcrypter/'.length)}${extension}`;
    await project.write(file, await readFile(sample, 'utf8'));
    files.push(file);
  }
  const config = `tsconfig${extension}.json`;
  await project.write(config, JSON.stringify({ compilerOptions: { ...strict, ...compilerOptions }, files }));
  return (await runNode([tsc, '-p', config], { cwd: project.folder })).stdout;
}

it('every published package has its sample', () => {
  expect(Object.keys(sampleOf)).toEqual(
    publishedPackages()
      .map(({ name }) => name)
      .sort(),
  );
});

describe.each([
  { kind: 'an ES module', extension: '.mts', program: '.mjs', statement: /^import .* from /m },
  { kind: 'CommonJS', extension: '.cts', program: '.cjs', statement: /^const .* = require\(/m },
])('from $kind', ({ extension, program, statement }) => {
  let errors: string;
  beforeAll(async () => {
    errors = await compile(extension, { module: 'nodenext' });
  });

  it('TypeScript finds every declaration with nodenext', () => {
    expect(errors).toBe('');
  });

  it.each([
    { name: 'core', says: '999-00-1234\n' },
    { name: 'aes', says: '999-00-1234\n' },
    { name: 'awskms', says: '999-00-1234\n' },
    { name: 'sql', says: '999-00-1234\n' },
    { name: 'local-kms', says: '0 calls, a blob of 140 bytes\n' },
  ])('$name works, without a warning', async ({ name, says }) => {
    expect(await readFile(`${project.folder}/${name}${program}`, 'utf8')).toMatch(statement);
    const finished = await project.node([`${name}${program}`], kmsEnvironment(kms));
    expect(finished).toEqual({ exitCode: 0, stdout: says, stderr: '' });
  });
});

it('TypeScript finds every declaration with bundler', async () => {
  expect(await compile('.ts', { module: 'preserve', moduleResolution: 'bundler', noEmit: true })).toBe('');
});

it('the contract suite runs in a project of somebody outside', async () => {
  await project.write('contract.test.ts', await readFile(sampleOf['@sqlcrypter/contract'], 'utf8'));
  const { exitCode, stdout, stderr } = await project.node(['node_modules/vitest/vitest.mjs', 'run', '--reporter=json']);
  expect(exitCode, stderr).toBe(0);
  const report = JSON.parse(stdout) as { numPassedTests: number; numFailedTests: number };
  expect(report).toMatchObject({ success: true, numFailedTests: 0 });
  expect(report.numPassedTests).toBeGreaterThan(50);
});

it('the local KMS starts from the command line', async () => {
  const { exitCode, stdout } = await run('npx', ['--no', '--', 'local-kms', '--help'], { cwd: project.folder });
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('--port') });
});
