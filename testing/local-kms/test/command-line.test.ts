import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { afterEach, describe, expect, it } from 'vitest';
import { startKms } from './kms-client.js';

const program = fileURLToPath(new URL('../bin/local-kms.js', import.meta.url));
const seed = fileURLToPath(new URL('../../vectors/go-sqlcrypter/seeds/seed.yaml', import.meta.url));
const running = new Set<ChildProcessWithoutNullStreams>();

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

function start(...args: string[]): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [program, ...args]);
  running.add(child);
  return child;
}

/** What a run that ends by itself printed. */
async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = start(...args);
  const [out, err] = [collect(child.stdout), collect(child.stderr)];
  const [code] = (await once(child, 'close')) as [number];
  return { code, out: out(), err: err() };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () => text;
}

/** The text that a running KMS greets with. */
async function greeting(child: ChildProcessWithoutNullStreams): Promise<string> {
  const out = collect(child.stdout);
  while (!out().includes('Ctrl+C')) await once(child.stdout, 'data');
  return out();
}

describe('local-kms', () => {
  it('serves a seed on the endpoint that it prints, together with how to point an SDK at it', async () => {
    const child = start('--port', '0', '--seed', seed, '--region', 'us-east-1', '--account', '999988887777');
    const text = await greeting(child);
    const endpoint = /AWS_ENDPOINT_URL_KMS=(\S+)/.exec(text)?.[1] ?? '';
    expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(text).toContain('AWS_REGION=us-east-1');

    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const client = new KMSClient({ endpoint, region: 'us-east-1', credentials });
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: 'alias/sqlcrypter' }));
    client.destroy();
    expect(KeyMetadata?.Arn).toBe('arn:aws:kms:us-east-1:999988887777:key/b8fac04c-ed81-4283-8857-7b9fce25bc3d');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends on %s, also while a client waits for an answer', async (signal) => {
    const child = start('--port', '0');
    const text = await greeting(child);
    expect(text).toContain('one random key');
    const endpoint = /AWS_ENDPOINT_URL_KMS=(\S+)/.exec(text)?.[1] ?? '';
    await (await fetch(endpoint, { method: 'POST' })).text();
    child.kill(signal);
    expect(await once(child, 'close')).toEqual([0, null]);
  });

  it('warns where other machines can reach it, and only there', async () => {
    for (const [host, warns] of [
      ['0.0.0.0', true],
      ['localhost', false],
    ] as const) {
      const child = start('--port', '0', '--host', host);
      const err = collect(child.stderr);
      await greeting(child);
      child.kill();
      await once(child, 'close');
      expect(err().includes('can decrypt')).toBe(warns);
    }
  });

  it('explains itself', async () => {
    const { code, out } = await run('--help');
    expect(code).toBe(0);
    for (const option of ['--port', '--host', '--seed', '--region', '--account', '--help'])
      expect(out).toContain(option);
  });

  it.each([
    [['--seed', 'absent.yaml'], /Seed absent\.yaml cannot be read/],
    [['--port', 'ninety'], /--port is 'ninety'/],
    [['--port', '70000'], /port is 70000/],
    [['--account', '42'], /accountId is '42'/],
    [['--sed', 'seed.yaml'], /Unknown option '--sed'[\s\S]*--help/],
    [['seed.yaml'], /seed\.yaml[\s\S]*--help/],
  ])('ends with an error and no stack for %j', async (args, expected) => {
    const { code, out, err } = await run(...args);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(expected);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('says so when its port is taken', async () => {
    const { port } = await startKms();
    const { code, err } = await run('--port', String(port));
    expect(code).toBe(1);
    expect(err).toMatch(/EADDRINUSE/);
  });
});
