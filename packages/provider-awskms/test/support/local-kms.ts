import { KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms';
import { type LocalKms, type LocalKmsOptions, startLocalKms } from '@sqlcrypter/local-kms';
import { type AwsKmsCrypterer, type AwsKmsCryptererOptions, createAwsKmsCrypterer } from '../../src/index.js';
import { whenTestEnds } from './when-test-ends.js';

/** A KMS over HTTP that ends with the test. */
export async function startKms(options: LocalKmsOptions = {}): Promise<LocalKms> {
  const kms = await startLocalKms(options);
  whenTestEnds(() => kms.close());
  return kms;
}

/** The real SDK's client of a local KMS. Without retries, so that calls can be counted; ends with the test. */
export function clientOf(kms: Pick<LocalKms, 'endpoint' | 'region'>, config: KMSClientConfig = {}): KMSClient {
  const client = new KMSClient({
    endpoint: kms.endpoint,
    region: kms.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
    ...config,
  });
  whenTestEnds(() => client.destroy());
  return client;
}

/** A crypterer under the default key of a local KMS that ends with the test. */
export async function createCrypterer(
  kms: LocalKms,
  options: Partial<AwsKmsCryptererOptions> = {},
): Promise<AwsKmsCrypterer> {
  const crypterer = await createAwsKmsCrypterer({ client: clientOf(kms), keyId: 'alias/sqlcrypter', ...options });
  whenTestEnds(() => crypterer.close());
  return crypterer;
}
