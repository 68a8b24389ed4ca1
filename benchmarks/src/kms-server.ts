import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { KMSClient } from '@aws-sdk/client-kms';

/** A local KMS in another process, and a client of it. */
export interface KmsServer {
  readonly client: KMSClient;
  readonly keyArn: string;
  /** Sets how long each unwrap takes, and starts counting anew. */
  setLatency(milliseconds: number): Promise<void>;
  /** Unwraps since the last look. */
  takeCount(): Promise<number>;
  close(): void;
}

export async function startKmsServer(): Promise<KmsServer> {
  const child = fork(fileURLToPath(new URL('./kms-process.js', import.meta.url)));
  const [started] = (await once(child, 'message')) as [{ endpoint: string; keyArn: string }];
  const ask = async (message: { latency?: number }): Promise<number> => {
    child.send(message);
    const [answer] = (await once(child, 'message')) as [{ decrypts: number }];
    return answer.decrypts;
  };
  const client = new KMSClient({
    endpoint: started.endpoint,
    region: 'eu-west-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  return {
    client,
    keyArn: started.keyArn,
    setLatency: async (latency) => {
      await ask({ latency });
    },
    takeCount: () => ask({}),
    close: () => {
      client.destroy();
      child.disconnect();
    },
  };
}
