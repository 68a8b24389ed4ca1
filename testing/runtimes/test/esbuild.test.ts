import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Consumer, run, runNode } from '@sqlcrypter/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUND_TRIP, runtimeProject } from './runtime-project.js';

describe('a bundle of esbuild', () => {
  let project: Consumer;
  let elsewhere: string;
  beforeAll(async () => {
    project = await runtimeProject('esbuild', ['esbuild@0.25.12']);
    elsewhere = await mkdtemp(join(tmpdir(), 'sqlcrypter-bundle-'));
  });
  afterAll(async () => {
    await project?.[Symbol.asyncDispose]();
    if (elsewhere !== undefined) await rm(elsewhere, { recursive: true });
  });

  it.each([
    { format: 'esm', file: 'app.mjs', flags: [] },
    { format: 'esm', file: 'app.min.mjs', flags: ['--minify'] },
    { format: 'cjs', file: 'app.cjs', flags: [] },
    { format: 'cjs', file: 'app.min.cjs', flags: ['--minify'] },
  ])('works as $file, away from node_modules', async ({ format, file, flags }) => {
    const build = ['app.mjs', '--bundle', '--platform=node', `--format=${format}`, `--outfile=out/${file}`, ...flags];
    const built = await run('npx', ['--no', '--', 'esbuild', ...build], { cwd: project.folder });
    expect(built.exitCode, built.stderr).toBe(0);
    await cp(join(project.folder, 'out', file), join(elsewhere, file));
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
});
