import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Consumer, run, runNode } from '@sqlcrypter/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUND_TRIP, runtimeProject } from './runtime-project.js';

const OUT_MJS = '--out-extension:.js=.mjs';
const OUT_CJS = '--out-extension:.js=.cjs';

describe('a bundle of esbuild', () => {
  let project: Consumer;
  let elsewhere: string;
  beforeAll(async () => {
    project = await runtimeProject('esbuild', ['esbuild@0.25.12']);
    elsewhere = await mkdtemp(join(tmpdir(), 'sqlcrypter-bundle-'));
    await cp(join(project.folder, 'both.mjs'), join(elsewhere, 'both.mjs'));
  });
  afterAll(async () => {
    await project?.[Symbol.asyncDispose]();
    if (elsewhere !== undefined) await rm(elsewhere, { recursive: true });
  });

  /** Bundles into a folder away from node_modules. */
  async function bundle(...args: string[]): Promise<void> {
    const esbuild = ['--no', '--', 'esbuild', '--bundle', '--platform=node', ...args];
    const built = await run('npx', esbuild, { cwd: project.folder });
    expect(built.exitCode, built.stderr).toBe(0);
  }

  it.each([
    { format: 'esm', file: 'app.mjs', flags: [] },
    { format: 'esm', file: 'app.min.mjs', flags: ['--minify'] },
    { format: 'cjs', file: 'app.cjs', flags: [] },
    { format: 'cjs', file: 'app.min.cjs', flags: ['--minify'] },
  ])('works as $file, away from node_modules', async ({ format, file, flags }) => {
    await bundle('app.mjs', `--format=${format}`, `--outfile=${join(elsewhere, file)}`, ...flags);
    const { stdout, stderr } = await runNode([file], { cwd: elsewhere });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual(ROUND_TRIP);
  });

  it.each([
    { what: 'all of a package of which nothing is used', code: "import '@sqlcrypter/sql';", most: 100 },
    {
      what: 'the batch engine where only random bytes are wanted',
      code: "import { generateBytes } from '@sqlcrypter/core'; console.log(generateBytes(1));",
      most: 5_000,
    },
  ])('leaves out $what', async ({ code, most }) => {
    await project.write('part.mjs', code);
    const build = ['part.mjs', '--bundle', '--platform=node', '--format=esm'];
    const { exitCode, stdout, stderr } = await run('npx', ['--no', '--', 'esbuild', ...build], { cwd: project.folder });
    expect(exitCode, stderr).toBe(0);
    expect(stdout.length).toBeLessThan(most);
  });

  describe('with an entry that writes and one that reads', () => {
    const SPLIT = ['--splitting', '--format=esm', OUT_MJS];
    beforeAll(async () => {
      const entries = ['writer.mjs', 'reader.mjs'];
      await bundle(...entries, `--outdir=${join(elsewhere, 'split')}`, ...SPLIT);
      await bundle(...entries, `--outdir=${join(elsewhere, 'esm')}`, '--format=esm', '--minify', OUT_MJS);
      await bundle(...entries, `--outdir=${join(elsewhere, 'cjs')}`, '--format=cjs', OUT_CJS);
    });

    it.each([
      { kind: 'one copy of the packages in a shared chunk', writer: 'split/writer.mjs', reader: 'split/reader.mjs' },
      { kind: 'two copies, as ES modules', writer: 'esm/writer.mjs', reader: 'esm/reader.mjs' },
      { kind: 'two copies, as CommonJS', writer: 'cjs/writer.cjs', reader: 'cjs/reader.cjs' },
      { kind: 'two copies in different formats', writer: 'esm/writer.mjs', reader: 'cjs/reader.cjs' },
    ])('works in one process with $kind', async ({ writer, reader }) => {
      const env = { SQLCRYPTER_KEY: `base64:${randomBytes(32).toString('base64')}` };
      const { stdout, stderr } = await runNode(['both.mjs', `./${writer}`, `./${reader}`], { cwd: elsewhere, env });
      expect(stderr).toBe('');
      const employee = { id: 42, ssn: '999-00-1234' };
      expect(JSON.parse(stdout)).toEqual({ read: [employee, employee], own: '999-00-1234', copied: 'AUTH_FAILED' });
    });

    it('has chunks only with --splitting', async () => {
      const filesIn = async (folder: string) => (await readdir(join(elsewhere, folder))).length;
      expect(await filesIn('esm')).toBe(2);
      expect(await filesIn('split')).toBeGreaterThan(2);
    });
  });
});
