import { type Consumer, run, runNode } from '@sqlcrypter/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUND_TRIP, runtimeProject } from './runtime-project.js';

// The last miniflare that runs on Node 20.
const TOOLS = ['esbuild@0.25.12', 'miniflare@4.20260426.0'];
const BUNDLE = ['worker.mjs', '--bundle', '--format=esm', '--platform=node', '--outfile=out/worker.mjs'];

describe('a Cloudflare Worker with nodejs_compat', () => {
  let project: Consumer;
  beforeAll(async () => {
    project = await runtimeProject('cloudflare-workers', TOOLS);
  });
  afterAll(() => project?.[Symbol.asyncDispose]());

  it('encrypts and decrypts in both suites, in columns, batches and rows', async () => {
    const built = await run('npx', ['--no', '--', 'esbuild', ...BUNDLE], { cwd: project.folder });
    expect(built.exitCode, built.stderr).toBe(0);
    const { exitCode, stdout, stderr } = await runNode(['run.mjs'], { cwd: project.folder });
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual(ROUND_TRIP);
  });
});
