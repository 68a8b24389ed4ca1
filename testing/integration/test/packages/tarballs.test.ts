import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, runNode } from '../support/run.js';
import { commandOf, type Manifest, publishedPackages } from '../support/workspace.js';
import { packAll, type Tarballs } from './tarballs.js';

const required = ['package.json', 'LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts'];
const allowed = /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|(?:dist|src|bin)\/.+)$/;
const ofTests =
  /(?:^|\/)(?:tests?|vectors|coverage|test-results)\/|\.(?:test|test-d|spec)\.|tsbuildinfo|vitest\.config/;

const require = createRequire(import.meta.url);
const attw = commandOf(require.resolve('@arethetypeswrong/cli/package.json'), 'attw');

let tarballs: Tarballs;

beforeAll(async () => {
  tarballs = await packAll();
});
afterAll(() => tarballs?.[Symbol.asyncDispose]());

describe.each(publishedPackages())('the tarball of $name', ({ name }) => {
  const tar = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await run('tar', args, { cwd: tarballs.folder });
    if (exitCode !== 0) throw new Error(`tar failed:\n${stderr}`);
    return stdout;
  };
  const read = (path: string) => tar('-xzOf', tarballs.of(name), `package/${path}`);
  const list = async () => {
    const paths = (await tar('-tzf', tarballs.of(name))).split('\n').filter((path) => path !== '');
    return paths.map((path) => path.slice('package/'.length));
  };

  it('holds licence, README, built code and sources, and nothing of the tests', async () => {
    const files = await list();
    expect(required.filter((path) => !files.includes(path))).toEqual([]);
    expect(files.filter((path) => !allowed.test(path) || ofTests.test(path))).toEqual([]);
  });

  it('holds nothing built from sources that are gone', async () => {
    const files = await list();
    const sourceOf = (path: string) => path.replace(/^dist\//, 'src/').replace(/(?:\.d)?\.(?:ts|js)(?:\.map)?$/, '.ts');
    const built = files.filter((path) => path.startsWith('dist/') && !ofTests.test(path));
    expect(built.filter((path) => !files.includes(sourceOf(path)))).toEqual([]);
  });

  it('says where everything comes from without the workspace', async () => {
    const text = await read('package.json');
    expect(text).not.toMatch(/workspace:|catalog:/);
    const { dependencies = {} } = JSON.parse(text) as Manifest;
    for (const range of Object.values(dependencies)) expect(range).toMatch(/^\^?\d+\.\d+\.\d+$/);
  });

  it('has no fault that publint knows', async () => {
    const tarball = Uint8Array.from(await readFile(tarballs.of(name))).buffer;
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('has types that every resolver of ES modules finds', async () => {
    const args = [attw, '--profile', 'esm-only', '--no-color', '--no-emoji', tarballs.of(name)];
    const { exitCode, stdout, stderr } = await runNode(args, { cwd: tarballs.folder });
    expect(stderr + (exitCode === 0 ? '' : stdout)).toBe('');
  });
});
