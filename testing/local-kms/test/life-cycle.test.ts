import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { startLocalKms } from '../src/index.js';
import { clientOf, startKms } from './kms-client.js';

const describeCommand = () => new DescribeKeyCommand({ KeyId: 'alias/sqlcrypter' });

/** Waits until a condition holds; the test's own timeout ends an endless wait. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('startLocalKms', () => {
  it('gives every KMS a port and keys of its own', async () => {
    const [first, second] = [await startKms(), await startKms()];
    expect(first.endpoint).toBe(`http://127.0.0.1:${first.port}`);
    expect(first.port).not.toBe(second.port);
    expect(first.arnOf('alias/sqlcrypter')).not.toBe(second.arnOf('alias/sqlcrypter'));
  });

  it('listens on the port that it is given, and says so when it is taken', async () => {
    const kms = await startKms();
    const taken = startLocalKms({ port: kms.port });
    await expect(taken).rejects.toMatchObject({ code: 'LISTEN', message: expect.stringContaining('EADDRINUSE') });
    await kms.close();
    expect((await startKms({ port: kms.port })).port).toBe(kms.port);
  });

  it.each([
    ['port', { port: -1 }],
    ['port', { port: 65_536 }],
    ['port', { port: 0.5 }],
    ['region', { region: 'EU (London)' }],
    ['accountId', { accountId: '42' }],
  ])('refuses a %s that cannot be', async (name, options) => {
    await expect(startLocalKms(options)).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining(`${name} is`),
    });
  });

  it('can be reached by its endpoint where it listens on every interface', async () => {
    const kms = await startKms({ host: '0.0.0.0' });
    expect(kms.endpoint).toBe(`http://127.0.0.1:${kms.port}`);
    await clientOf(kms).send(describeCommand());
  });
});

describe('close', () => {
  it('ends connections that hang or wait, and may be called twice', async () => {
    const kms = await startKms();
    kms.setFault('DescribeKey', { hang: true });
    kms.setFault('ListAliases', { latency: 3_600_000 });
    const hanging = clientOf(kms).send(describeCommand());
    const waiting = fetch(kms.endpoint, { method: 'POST', headers: { 'x-amz-target': 'TrentService.ListAliases' } });
    const ended = Promise.allSettled([hanging, waiting]);
    await until(() => kms.countCalls() === 2);
    await Promise.all([kms.close(), kms.close()]);
    expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await kms.close();
  });

  it('frees the port for the next start', async () => {
    const kms = await startLocalKms();
    await kms.close();
    await expect(fetch(kms.endpoint)).rejects.toThrow();
    await (await startLocalKms({ port: kms.port })).close();
  });

  it('is what the end of an `await using` block does', async () => {
    const kms = await startLocalKms();
    await kms[Symbol.asyncDispose]();
    await expect(fetch(kms.endpoint)).rejects.toThrow();
  });
});
