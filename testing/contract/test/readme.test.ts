import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sqlcrypter-contract-'));

interface Report {
  readonly success: boolean;
  readonly testResults: readonly { assertionResults: readonly { status: string; title: string }[] }[];
}

let report: Report;

/** The files of the README, in a folder of their own with the packages that it tells to install. */
beforeAll(async () => {
  const readme = readFileSync(here('../README.md'), 'utf8');
  const files = [...readme.matchAll(/^`([\w.-]+\.js)`:\n\n```js\n(.*?)^```/gms)];
  expect(files.map(([, name]) => name)).toEqual(['my-crypterer.js', 'my-crypterer.test.js']);
  for (const [, name, text] of files) writeFileSync(join(folder, name as string), text as string);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  mkdirSync(join(folder, 'node_modules/@sqlcrypter'), { recursive: true });
  symlinkSync(here('../../../packages/core'), join(folder, 'node_modules/@sqlcrypter/core'), 'junction');
  symlinkSync(here('..'), join(folder, 'node_modules/@sqlcrypter/contract'), 'junction');
  symlinkSync(realpathSync(here('../node_modules/vitest')), join(folder, 'node_modules/vitest'), 'junction');
  const vitest = join(folder, 'node_modules/vitest/vitest.mjs');
  const { VITEST: _outer, ...env } = process.env;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [vitest, 'run', `--root=${folder}`, '--reporter=json'],
    { env, maxBuffer: 2 ** 24 },
  );
  report = JSON.parse(stdout.slice(stdout.indexOf('{')));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the README', () => {
  it('shows a provider that passes the suite', () => {
    const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
    expect(report.success).toBe(true);
    expect(tests.filter(({ status }) => status === 'passed').length).toBeGreaterThan(150);
    const skipped = tests.filter(({ status }) => status !== 'passed').map(({ title }) => title);
    const expected =
      'reads every earlier value, and refuses the faulty ones with their codes (needs the option vectors)';
    expect(skipped).toEqual([expected, expected]);
    expect(readFileSync(here('../README.md'), 'utf8')).toContain(expected);
  });
});
