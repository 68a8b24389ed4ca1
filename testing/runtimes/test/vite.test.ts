import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Consumer, commandOf, runNode } from '@sqlcrypter/test-support';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ROUND_TRIP, runtimeProject } from './runtime-project.js';
import { startServer } from './server-process.js';

const env = { PORT: '0', SQLCRYPTER_KEY: `base64:${randomBytes(32).toString('base64')}` };

describe('Vite SSR', () => {
  let project: Consumer;
  let vite: string;
  let elsewhere: string;
  let bundled: string;
  beforeAll(async () => {
    project = await runtimeProject('vite', ['vite@7.3.8']);
    vite = commandOf(join(project.folder, 'node_modules/vite/package.json'), 'vite');
    elsewhere = await mkdtemp(join(tmpdir(), 'sqlcrypter-bundle-'));
    bundled = await readFile(join(project.folder, 'vite.config.mjs'), 'utf8');
  });
  afterAll(async () => {
    await project?.[Symbol.asyncDispose]();
    if (elsewhere !== undefined) await rm(elsewhere, { recursive: true });
  });

  async function build(entry: string): Promise<void> {
    const { exitCode, stdout, stderr } = await project.node([vite, 'build', '--ssr', entry]);
    expect(exitCode, stdout + stderr).toBe(0);
    expect(stderr).toBe('');
  }

  async function fetchPage(url: string): Promise<string> {
    const response = await fetch(url);
    expect(response.status).toBe(200);
    return response.text();
  }

  describe.each([
    { packages: 'from node_modules', config: () => 'export default {};\n', importsPackages: true },
    { packages: 'in the bundle, with ssr.noExternal', config: () => bundled, importsPackages: false },
  ])('with the packages $packages', ({ config, importsPackages }) => {
    beforeAll(() => project.write('vite.config.mjs', config()));

    it('builds an application that encrypts and decrypts in both suites, in columns, batches and rows', async () => {
      await build('app.mjs');
      const built = join(project.folder, 'dist/app.mjs');
      expect(/ from ['"]@sqlcrypter/.test(await readFile(built, 'utf8'))).toBe(importsPackages);
      const program = importsPackages ? built : join(elsewhere, 'app.mjs');
      if (!importsPackages) await cp(built, program);
      const { stdout, stderr } = await runNode([program], { cwd: elsewhere });
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual(ROUND_TRIP);
    });

    it('loads the same application with ssrLoadModule', async () => {
      const { stdout, stderr } = await project.node(['load-app.mjs']);
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual(ROUND_TRIP);
    });

    it('builds a server that works', async () => {
      await build('src/entry-server.ts');
      await using server = await startServer(['server.mjs'], { cwd: project.folder, env });
      expect(await fetchPage(server.url)).toBe('<p>Number 999-00-1234</p>');
    });

    it('works in development, also after the module with init was changed', async () => {
      await using server = await startServer(['dev-server.mjs'], { cwd: project.folder, env });
      expect(await fetchPage(server.url)).toBe('<p>Number 999-00-1234</p>');

      const columns = await readFile(join(project.folder, 'src/columns.ts'), 'utf8');
      await project.write('src/columns.ts', `${columns}console.log('evaluated again');\n`);
      await vi.waitFor(
        async () => {
          expect(await fetchPage(server.url)).toBe('<p>Number 999-00-1234</p>');
          expect(server.output()).toContain('evaluated again');
        },
        { timeout: 30_000, interval: 200 },
      );
      await project.write('src/columns.ts', columns);
      expect(server.output()).not.toMatch(/error|warn/i);
    });
  });
});
