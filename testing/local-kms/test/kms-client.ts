import { KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms';
import { afterEach } from 'vitest';
import { type LocalKms, type LocalKmsOptions, startLocalKms } from '../src/index.js';

const opened: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** A local KMS that ends with the test. */
export async function startKms(options: LocalKmsOptions = {}): Promise<LocalKms> {
  const kms = await startLocalKms(options);
  opened.push(() => kms.close());
  return kms;
}

/** The real SDK client of a local KMS, without retries. Ends with the test. */
export function clientOf(kms: LocalKms, config: KMSClientConfig = {}): KMSClient {
  const client = new KMSClient({
    endpoint: kms.endpoint,
    region: kms.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
    ...config,
  });
  opened.push(() => client.destroy());
  return client;
}

/** The bytes of an answer as Buffer, which compares well. */
export function bytes(value: Uint8Array | undefined): Buffer {
  return Buffer.from(value ?? []);
}
