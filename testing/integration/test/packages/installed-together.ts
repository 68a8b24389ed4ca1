import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type LocalKms, startLocalKms } from '@sqlcrypter/local-kms';
import {
  type Consumer,
  commandOf,
  installInto,
  kmsEnvironment,
  publishedPackages,
  readManifest,
  run,
  runNode,
  type Tarballs,
} from '@sqlcrypter/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

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
/** The last one that knows the resolution `node10`, which most projects with `module: commonjs` still have. */
const typescript5 = commandOf(require.resolve('typescript-5/package.json'), 'tsc');

/** How projects compile what uses the packages, and with which file names. */
const projects = [
  { kind: 'an ES module', source: '.mts', program: '.mjs', compilerOptions: { module: 'nodenext' } },
  { kind: 'CommonJS', source: '.cts', program: '.cjs', compilerOptions: { module: 'nodenext' } },
  {
    kind: 'CommonJS of TypeScript 5 with node10',
    source: '.ts',
    program: '.js',
    compiler: typescript5,
    compilerOptions: { module: 'commonjs', moduleResolution: 'node10', esModuleInterop: true },
  },
  {
    kind: 'CommonJS of TypeScript 5 with node16',
    source: '.cts',
    program: '.cjs',
    compiler: typescript5,
    compilerOptions: { module: 'node16' },
  },
];

/** Jest and Node before 20.19 have no require() of ES modules, and other versions may be told to have none. */
const withoutRequireOfModules = '--no-experimental-require-module';

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

  /** Compiles files in a folder of their own, and gives the compiler's complaints. */
  async function compile(
    folder: string,
    files: readonly { copy: string; file: URL }[],
    compilerOptions: object,
    compiler = tsc,
  ): Promise<string> {
    for (const { copy, file } of files) await project.write(join(folder, copy), await readFile(file, 'utf8'));
    const config = { compilerOptions: { ...strict, ...compilerOptions }, files: files.map(({ copy }) => copy) };
    await project.write(join(folder, 'tsconfig.json'), JSON.stringify(config));
    return (await runNode([compiler, '-p', folder], { cwd: project.folder })).stdout;
  }

  const samplesAs = (extension: string) =>
    samples.map(({ name, file }) => ({ file, copy: `${baseName(name)}${extension}` }));

  it('every published package has its sample', () => {
    const names = publishedPackages().map(({ name }) => name);
    expect(samples.map(({ name }) => name)).toEqual(names.sort());
  });

  describe.each(projects)('from $kind', ({ kind, source, program, compiler, compilerOptions }) => {
    const folder = kind.replaceAll(' ', '-');
    let errors: string;
    beforeAll(async () => {
      errors = await compile(folder, samplesAs(source), compilerOptions, compiler);
    });

    it('TypeScript finds every declaration', () => {
      expect(errors).toBe('');
    });

    it.each(programs)('$name works, without a warning', async ({ name, says }) => {
      const file = join(folder, `${baseName(name)}${program}`);
      const statement = program === '.mjs' ? /^import .* from /m : /^(?:const|var) .* = .*require\(/m;
      expect(await readFile(join(project.folder, file), 'utf8')).toMatch(statement);
      const finished = await project.node([withoutRequireOfModules, file], kmsEnvironment(kms));
      expect(finished).toEqual({ exitCode: 0, stdout: says, stderr: '' });
    });
  });

  it('TypeScript finds every declaration with bundler', async () => {
    const options = { module: 'preserve', moduleResolution: 'bundler', noEmit: true };
    expect(await compile('bundler', samplesAs('.ts'), options)).toBe('');
  });

  it('what is imported and what is required work together in one process, and their types fit', async () => {
    const file = new URL('./samples/both-formats.ts', import.meta.url);
    const options = { module: 'nodenext', target: 'ES2022' };
    expect(await compile('both', [{ file, copy: 'both-formats.mts' }], options)).toBe('');
    const finished = await project.node([withoutRequireOfModules, 'both/both-formats.mjs']);
    expect(finished).toEqual({ exitCode: 0, stdout: 'one process\n', stderr: '' });
  });

  it('the SDK of AWS is loaded with the first crypterer, and not before, from CommonJS too', async () => {
    await project.write(
      'lazy.cjs',
      `const { createAwsKmsCrypterer } = require('@sqlcrypter/awskms');
       const isLoaded = () => Object.keys(require.cache).some((path) => path.includes('client-kms'));
       const before = isLoaded();
       createAwsKmsCrypterer({ keyId: 'alias/sqlcrypter' })
         .then(async (crypterer) => [before, isLoaded(), await crypterer.close()])
         .then(([before, after]) => console.log(before, after));`,
    );
    const finished = await project.node([withoutRequireOfModules, 'lazy.cjs'], kmsEnvironment(kms));
    expect(finished).toEqual({ exitCode: 0, stdout: 'false true\n', stderr: '' });
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

  it('the contract suite says with require() that vitest has to be imported', async () => {
    const { stderr } = await project.node(['--eval', "require('@sqlcrypter/contract')"]);
    expect(stderr).toContain('Vitest cannot be imported in a CommonJS module using require()');
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
