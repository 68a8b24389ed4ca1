import { createAwsKmsCrypterer } from '@sqlcrypter/awskms';
import { createEnvelopeCrypterer, type KeyService } from '@sqlcrypter/awskms/envelope';
import type { Figure } from './figure.js';
import { interleave, median } from './interleave.js';
import { startKmsServer } from './kms-server.js';
import { awsSizedKeyService } from './stub-key-service.js';

const PLAINTEXT = Buffer.alloc(100, 1);

/** What reading one value costs, by what is known of its data key. */
export async function measureKeyStates(rounds: number): Promise<Figure[]> {
  const service = awsSizedKeyService();
  const writer = await createEnvelopeCrypterer(service);
  const value = writer.encryptSync(PLAINTEXT);
  const cached = await createEnvelopeCrypterer(service, { generate: 'never' });
  await cached.decrypt(value);
  const stale = await createEnvelopeCrypterer(answersOnce(service), { generate: 'never', dekCache: { ttl: 0.001 } });
  await stale.decrypt(value);

  const server = await startKmsServer();
  const overHttp = await createAwsKmsCrypterer({ client: server.client, keyId: server.keyArn });
  const remote = overHttp.encryptSync(PLAINTEXT);
  const times = await interleave(
    {
      current: { sync: () => writer.decryptSync(value) },
      cached: { sync: () => cached.decryptSync(value) },
      stale: { sync: () => stale.decryptSync(value) },
      unknown: {
        async: async () => {
          overHttp.forgetKeys();
          await overHttp.decrypt(remote);
        },
      },
    },
    rounds,
  );
  await overHttp.close();
  server.close();
  return [
    { name: 'decrypt, the current data key', value: median(times.current), unit: 'µs' },
    { name: 'decrypt, a cached data key', value: median(times.cached), unit: 'µs' },
    { name: 'decrypt, a data key past its time to live', value: median(times.stale), unit: 'µs' },
    { name: 'decrypt, an unknown data key (KMS on this machine)', value: median(times.unknown), unit: 'µs' },
  ];
}

/** A KMS that hangs after its first answer: every read after it finds a key whose refresh is under way. */
function answersOnce(service: KeyService): KeyService {
  let answered = false;
  return {
    ...service,
    unwrapDataKey(wrapped, options) {
      if (answered) return new Promise(() => undefined);
      answered = true;
      return service.unwrapDataKey(wrapped, options);
    },
  };
}
