import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type LocalKms, startLocalKms } from '@sqlcrypter/local-kms';
import { type Consumer, commandOf, kmsEnvironment } from '@sqlcrypter/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUND_TRIP, runtimeProject } from './runtime-project.js';
import { type ServerProcess, startServer } from './server-process.js';

const DEPENDENCIES = [
  '@sqlcrypter/awskms',
  'next@16.4.6',
  'react@19.3.1',
  'react-dom@19.3.1',
  'typescript@5.9.3',
  '@types/node@20.19.43',
  '@types/react@19.3.3',
];

/** What the READMEs show. Next.js evaluates a module with it once in each graph of modules that it is part of. */
const INIT = {
  'local keys': `
    import { createAesCrypterer, init, parseKey } from '@sqlcrypter/aes';
    init(createAesCrypterer({ key: parseKey(process.env.SQLCRYPTER_KEY) }));`,
  'AWS KMS': `
    import { createAwsKmsCrypterer, init } from '@sqlcrypter/awskms';
    init(await createAwsKmsCrypterer({ keyId: 'alias/sqlcrypter' }));`,
};

const NUMBERS = ['999-00-1234', '999-00-5678'];
const NO_KEY = { NEXT_TELEMETRY_DISABLED: '1' };

let project: Consumer;
let kms: LocalKms;
let next: string;
let env: Record<string, string>;
beforeAll(async () => {
  kms = await startLocalKms();
  env = { ...NO_KEY, ...kmsEnvironment(kms), SQLCRYPTER_KEY: `base64:${randomBytes(32).toString('base64')}` };
  project = await runtimeProject('next', DEPENDENCIES);
  next = commandOf(join(project.folder, 'node_modules/next/package.json'), 'next');
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await kms?.close();
});

const ADDRESS = ['--hostname', '127.0.0.1', '--port', '0'];
const serve = (...args: string[]) => startServer([next, ...args, ...ADDRESS], { cwd: project.folder, env });

async function build(flags: readonly string[], environment: Record<string, string>): Promise<void> {
  const { exitCode, stdout, stderr } = await project.node([next, 'build', ...flags], environment);
  expect(exitCode, stdout + stderr).toBe(0);
  expect(stdout + stderr).not.toMatch(/error|warn/i);
}

async function post(url: string, body: unknown): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

/** The API route of `pages` encrypts and the route of `app` decrypts: each has its own copy of the modules. */
async function expectToWork({ url, output }: ServerProcess): Promise<void> {
  const stored = (await post(`${url}/api/encrypt`, NUMBERS)) as string[];
  expect(stored.join()).not.toContain(NUMBERS[0]);
  expect(await post(`${url}/api/decrypt`, stored)).toEqual(NUMBERS.map((ssn, id) => ({ id, ssn })));
  expect(await (await fetch(url)).text()).toContain('Number 999-00-1234');
  expect(output()).not.toMatch(/error|warn/i);
}

/** Comes last, since it puts other keys in the place of the server's. */
async function expectRoundTrip({ url }: ServerProcess): Promise<void> {
  expect(await (await fetch(`${url}/api/round-trip`)).json()).toEqual(ROUND_TRIP);
}

describe.each([
  { bundler: 'Turbopack', flags: ['--turbopack'] },
  { bundler: 'webpack', flags: ['--webpack'] },
])('Next.js with $bundler', ({ flags }) => {
  describe('init in instrumentation.ts', () => {
    it('builds without a key, and works when it is started', async () => {
      await build(flags, NO_KEY);
      await using server = await serve('start');
      await expectToWork(server);
      await expectRoundTrip(server);
    });

    it('works in development', async () => {
      await using server = await serve('dev', ...flags);
      await expectToWork(server);
      await expectRoundTrip(server);
    });
  });

  describe('init in a module that several routes import', () => {
    let columns: string;
    let instrumentation: string;
    beforeAll(async () => {
      const read = (path: string) => readFile(join(project.folder, path), 'utf8');
      [columns, instrumentation] = [await read('lib/columns.ts'), await read('instrumentation.ts')];
      await rm(join(project.folder, 'instrumentation.ts'));
      // Types are checked with the recipe above.
      await project.write('next.config.mjs', 'export default { typescript: { ignoreBuildErrors: true } };\n');
    });
    afterAll(async () => {
      await project.write('lib/columns.ts', columns);
      await project.write('instrumentation.ts', instrumentation);
      await rm(join(project.folder, 'next.config.mjs'));
    });

    it.each(Object.entries(INIT))('builds with %s, and works when it is started', async (_, lines) => {
      await project.write('lib/columns.ts', `${lines}\n${columns}`);
      await build(flags, env);
      await using server = await serve('start');
      await expectToWork(server);
    });

    it('works in development, also after the module was changed', async () => {
      await project.write('lib/columns.ts', `${INIT['local keys']}\n${columns}`);
      await using server = await serve('dev', ...flags);
      await expectToWork(server);
      await project.write('lib/columns.ts', `${INIT['local keys']}\n${columns}// changed\n`);
      await expectToWork(server);
    });

    describe('and in instrumentation.ts, too', () => {
      beforeAll(async () => {
        await project.write('lib/columns.ts', `${INIT['local keys']}\n${columns}`);
        await project.write('instrumentation.ts', instrumentation);
      });

      it('builds, and works when it is started', async () => {
        await build(flags, env);
        await using server = await serve('start');
        await expectToWork(server);
      });

      it('works in development', async () => {
        await using server = await serve('dev', ...flags);
        await expectToWork(server);
      });
    });
  });
});
