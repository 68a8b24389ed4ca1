import { startLocalKms } from '@sqlcrypter/local-kms';
import { expect, it, vi } from 'vitest';
import { createAwsKmsCrypterer } from '../src/index.js';
import { codeOf } from './support/error-code.js';
import { whenTestEnds } from './support/when-test-ends.js';

let broken = true;

// A file that cannot be read at this moment, and can be at the next.
vi.mock('@aws-sdk/client-kms', async (importOriginal) => {
  if (broken) throw new Error('too many open files');
  return importOriginal();
});

it('an import of the SDK that fails fails one call, not those that follow, and not close', async () => {
  const kms = await startLocalKms();
  whenTestEnds(() => kms.close());
  whenTestEnds(() => vi.unstubAllEnvs());
  vi.stubEnv('AWS_ENDPOINT_URL_KMS', kms.endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  const keyId = kms.arnOf('alias/sqlcrypter');
  expect(await codeOf(createAwsKmsCrypterer({ keyId }))).toBe('KMS_UNAVAILABLE');
  const crypterer = await createAwsKmsCrypterer({ keyId, generate: 'first-use' });
  expect(await codeOf(crypterer.encrypt(Buffer.from('value')))).toBe('KMS_UNAVAILABLE');
  vi.resetModules();
  broken = false;
  await crypterer.encrypt(Buffer.from('value'));
  await crypterer.close();
});
