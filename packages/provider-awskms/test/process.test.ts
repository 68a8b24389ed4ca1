import { describe, expect, it } from 'vitest';
import { runModule } from './support/child-process.js';
import { createCrypterer, startKms } from './support/local-kms.js';

/** What the SDK needs to find the local KMS by itself. */
function environment(kms: { endpoint: string; region: string }) {
  return {
    AWS_ENDPOINT_URL_KMS: kms.endpoint,
    AWS_REGION: kms.region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}

const CLIENTS = {
  'the default client': 'undefined',
  'a given client': `new (await import('@aws-sdk/client-kms')).KMSClient({})`,
};

describe('a process with an open crypterer', () => {
  it.each(Object.entries(CLIENTS))('and %s ends by itself', async (_, client) => {
    const kms = await startKms();
    const foreign = await (await createCrypterer(kms)).encrypt(Buffer.from('value'));
    const ended = await runModule(
      `
      import { createAwsKmsCrypterer } from '@sqlcrypter/awskms';
      const crypterer = await createAwsKmsCrypterer({
        client: ${client},
        keyId: 'alias/sqlcrypter',
        requestTimeout: 600_000,
        decryptRateLimit: { rps: 1, burst: 5 },
        dekCache: { ttl: 1 },
        dekLimits: { maxValues: 2 },
      });
      const foreign = Buffer.from('${foreign.toString('base64')}', 'base64');
      for (let i = 0; i < 5; i++) await crypterer.decrypt(await crypterer.encrypt(Buffer.from('value')));
      const lease = await crypterer.loadKeys([foreign]);
      await crypterer.decrypt(Buffer.alloc(200)).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 5));
      // Past its time to live: the KMS is asked in the background, and nobody waits for it.
      console.log(crypterer.decryptSync(foreign).toString(), lease.failures.size, crypterer.closed);
      `,
      environment(kms),
    );
    expect(ended).toEqual({ code: 0, stdout: 'value 0 false\n', stderr: '' });
  });

  it('over a key service in memory ends by itself, with calls under way that hang', async () => {
    const ended = await runModule(`
      import { createEnvelopeCrypterer } from '@sqlcrypter/awskms/envelope';
      const hang = () => new Promise(() => undefined);
      const service = { provider: 200, scheme: 'memory', generateDataKey: hang, unwrapDataKey: hang };
      const crypterer = await createEnvelopeCrypterer(service, { generate: 'first-use', requestTimeout: 600_000 });
      void crypterer.encrypt(Buffer.from('value'));
      console.log('done');
    `);
    expect(ended).toEqual({ code: 0, stdout: 'done\n', stderr: '' });
  });
});

describe('importing the package', () => {
  /** Has the names of all that is imported written to the error output. */
  const watchImports = `
    import { register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(\`
      import { writeSync } from 'node:fs';
      export async function resolve(specifier, context, next) {
        const resolved = await next(specifier, context);
        writeSync(2, resolved.url + '\\\\n');
        return resolved;
      }
    \`));
  `;

  it('does not load the SDK; the first call does', async () => {
    const kms = await startKms();
    const ended = await runModule(
      `
      ${watchImports}
      const { createAwsKmsCrypterer } = await import('@sqlcrypter/awskms');
      await import('@sqlcrypter/awskms/envelope');
      const crypterer = await createAwsKmsCrypterer({
        keyId: 'alias/sqlcrypter',
        generate: 'first-use',
        requestTimeout: 60_000,
      });
      process.stderr.write('--- first call\\n');
      await crypterer.encrypt(Buffer.from('value'));
      `,
      environment(kms),
    );
    expect(ended.code).toBe(0);
    const [before, after] = ended.stderr.split('--- first call\n') as [string, string];
    expect(before).toContain('/dist/index.js');
    expect(before).not.toMatch(/aws-sdk|smithy/);
    expect(after).toContain('/@aws-sdk/client-kms/');
  });

  it('reads no variable of the environment that is meant for AWS or for us', async () => {
    const ended = await runModule(`
      const read = [];
      process.env = new Proxy(process.env, { get: (target, name) => (read.push(name), target[name]) });
      await import('@sqlcrypter/awskms');
      // Node itself reads some while it loads modules.
      console.log(read.filter((name) => /AWS|SQLCRYPTER/.test(String(name))));
    `);
    expect(ended).toEqual({ code: 0, stdout: '[]\n', stderr: '' });
  });
});
