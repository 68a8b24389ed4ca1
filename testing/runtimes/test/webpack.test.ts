import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Consumer, commandOf, runNode } from '@sqlcrypter/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUND_TRIP, runtimeProject } from './runtime-project.js';

describe('a bundle of webpack 5', () => {
  let project: Consumer;
  let elsewhere: string;
  beforeAll(async () => {
    project = await runtimeProject('webpack', ['webpack@5.113.0', 'webpack-cli@7.3.1']);
    elsewhere = await mkdtemp(join(tmpdir(), 'sqlcrypter-bundle-'));
  });
  afterAll(async () => {
    await project?.[Symbol.asyncDispose]();
    if (elsewhere !== undefined) await rm(elsewhere, { recursive: true });
  });

  describe.each(['production', 'development'])('in mode %s', (mode) => {
    beforeAll(async () => {
      const webpack = commandOf(join(project.folder, 'node_modules/webpack-cli/package.json'), 'webpack-cli');
      const args = [`--mode=${mode}`, `--output-path=${join(elsewhere, mode)}`];
      const { exitCode, stdout, stderr } = await project.node([webpack, ...args]);
      expect(exitCode, stdout + stderr).toBe(0);
      expect(stdout + stderr).not.toMatch(/error|warning/i);
    });

    it.each(['app.mjs', 'app.cjs'])('works as %s, away from node_modules', async (file) => {
      const { stdout, stderr } = await runNode([file], { cwd: join(elsewhere, mode) });
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual(ROUND_TRIP);
    });
  });

  it('is minified in mode production only', async () => {
    const sizeIn = async (mode: string) => (await stat(join(elsewhere, mode, 'app.mjs'))).size;
    expect(await sizeIn('production')).toBeLessThan((await sizeIn('development')) / 2);
  });
});
