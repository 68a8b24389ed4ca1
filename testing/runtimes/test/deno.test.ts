import { type Consumer, run } from '@sqlcrypter/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUND_TRIP, runtimeProject } from './runtime-project.js';

describe('Deno', () => {
  let project: Consumer;
  beforeAll(async () => {
    project = await runtimeProject('deno', ['deno@2.9.6']);
  });
  afterAll(() => project?.[Symbol.asyncDispose]());

  it('encrypts and decrypts in both suites, in columns, batches and rows', async () => {
    const { exitCode, stdout, stderr } = await run(
      'npx',
      ['--no', '--', 'deno', 'run', '--allow-env', '--allow-read', 'app.mjs'],
      { cwd: project.folder },
    );
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual(ROUND_TRIP);
  });
});
