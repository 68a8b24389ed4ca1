import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { KMSClient } from '@aws-sdk/client-kms';
import type { CallCounts } from './kms-server.js';

/** A KMS in a process of its own, spoken to over HTTP, whose calls are counted. */
export interface KmsProcess extends AsyncDisposable {
  readonly client: KMSClient;
  /** The ARN of its key. */
  readonly keyId: string;
  /** The calls by operation since this was asked last. */
  takeCounts(): Promise<CallCounts>;
}

export async function startKmsProcess(): Promise<KmsProcess> {
  const child = fork(new URL('./kms-server.js', import.meta.url));
  const { endpoint, region, keyId } = await answerOf<{ endpoint: string; region: string; keyId: string }>(child);
  const client = new KMSClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  return {
    client,
    keyId,
    async takeCounts() {
      child.send('counts');
      return answerOf<CallCounts>(child);
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

async function answerOf<T>(child: ChildProcess): Promise<T> {
  const [message] = await once(child, 'message');
  return message as T;
}
