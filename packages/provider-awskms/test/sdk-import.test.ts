import { startLocalKms } from '@sqlcrypter/local-kms';
import { beforeEach, expect, it, vi } from 'vitest';
import { createAwsKmsCrypterer } from '../src/index.js';
import { codeOf } from './support/error-code.js';
import { whenTestEnds } from './support/when-test-ends.js';

/** What happens at the next import of the SDK, before it is there. */
function beforeImport(work: () => unknown): void {
  vi.resetModules();
  vi.doMock('@aws-sdk/client-kms', async (importOriginal) => {
    await work();
    return importOriginal();
  });
}

let keyId = '';

beforeEach(async () => {
  const kms = await startLocalKms();
  whenTestEnds(() => kms.close());
  whenTestEnds(() => vi.unstubAllEnvs());
  vi.stubEnv('AWS_ENDPOINT_URL_KMS', kms.endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  keyId = kms.arnOf('alias/sqlcrypter');
});

it('an import of the SDK that fails fails one call, not those that follow, and not close', async () => {
  // A file that cannot be read at this moment, and can be at the next.
  beforeImport(() => {
    throw new Error('too many open files');
  });
  expect(await codeOf(createAwsKmsCrypterer({ keyId }))).toBe('KMS_UNAVAILABLE');
  const crypterer = await createAwsKmsCrypterer({ keyId, generate: 'first-use' });
  expect(await codeOf(crypterer.encrypt(Buffer.from('value')))).toBe('KMS_UNAVAILABLE');
  beforeImport(() => undefined);
  await crypterer.encrypt(Buffer.from('value'));
  await crypterer.close();
});

it('an import of the SDK that is slow does not count against the deadline at start', async () => {
  beforeImport(() => new Promise((resolve) => setTimeout(resolve, 1_200)));
  const crypterer = await createAwsKmsCrypterer({ keyId, requestTimeout: 1_000 });
  await crypterer.encrypt(Buffer.from('value'));
  await crypterer.close();
});
