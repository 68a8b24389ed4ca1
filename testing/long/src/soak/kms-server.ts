import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { KMSClient } from '@aws-sdk/client-kms';
import type { Fault } from '@sqlcrypter/local-kms';

/** How the KMS behaves from now on. */
export interface KmsOrder {
  readonly fault?: Fault;
  readonly disabled?: boolean;
}

/** Requests that reached the KMS. */
export interface KmsCounts {
  readonly generates: number;
  readonly unwraps: number;
}

/** The attempts of the SDK at one call. */
export const SDK_ATTEMPTS = 2;

/** A local KMS in another process, and a client of it. */
export interface KmsServer extends Disposable {
  readonly client: KMSClient;
  /** Gives the requests since the last order. */
  order(order: KmsOrder): Promise<KmsCounts>;
}

export async function startKmsServer(): Promise<KmsServer> {
  const child = fork(fileURLToPath(new URL('./kms-process.js', import.meta.url)));
  const [{ endpoint }] = (await once(child, 'message')) as [{ endpoint: string }];
  const client = new KMSClient({
    endpoint,
    region: 'eu-west-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: SDK_ATTEMPTS,
  });
  return {
    client,
    order: async (order) => {
      child.send(order);
      const [counts] = (await once(child, 'message')) as [KmsCounts];
      return counts;
    },
    [Symbol.dispose]: () => {
      client.destroy();
      child.disconnect();
    },
  };
}
