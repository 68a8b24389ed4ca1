import { type DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { type ContractVector, describeCrypterer } from '@sqlcrypter/contract';
import type { Suite } from '@sqlcrypter/core';
import { DataKey, encodeFrameHeader } from '@sqlcrypter/core/provider';
import { startLocalKms } from '@sqlcrypter/local-kms';
import { afterAll } from 'vitest';
import { frames, malformed } from '../../../testing/vectors/frame-v1.js';
import { createEnvelopeCrypterer } from '../src/envelope/index.js';
import {
  type AwsKmsCrypterer,
  type AwsKmsCryptererOptions,
  createAwsKmsCrypterer,
  type KmsClient,
} from '../src/index.js';
import { frameUnder } from './support/frames.js';
import { vectorService } from './support/vector-service.js';

const kms = await startLocalKms();
const client = new KMSClient({
  endpoint: kms.endpoint,
  region: kms.region,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  maxAttempts: 1,
});
const key = kms.createKey();
const otherKey = kms.createKey();
const nextKey = kms.createKey();

afterAll(async () => {
  client.destroy();
  await kms.close();
});

/** The last data keys that the KMS handed out: no error may show them. */
const secrets: Uint8Array[] = [];

const watched: KmsClient = {
  async send(command: DecryptCommand, options: object) {
    const answer = await client.send(command, options);
    secrets.push(Buffer.from(answer.Plaintext ?? []));
    if (secrets.length > 20) secrets.shift();
    return answer;
  },
};

/** Hands out a chosen data key in the place of a new one. */
function clientWith(plaintext: Uint8Array, wrapped: Uint8Array): KmsClient {
  return {
    async send(command: DecryptCommand, options: object) {
      if (!(command instanceof GenerateDataKeyCommand)) return client.send(command, options);
      return { Plaintext: new Uint8Array(plaintext), CiphertextBlob: wrapped, KeyId: key };
    },
  };
}

/** Deadlines are not what is tested here, and the machine may be busy. */
function create(options: Partial<AwsKmsCryptererOptions>): Promise<AwsKmsCrypterer> {
  return createAwsKmsCrypterer({ client: watched, keyId: key, requestTimeout: 60_000, ...options });
}

const vectors: readonly ContractVector[] = [
  ...frames.filter(({ kind, ciphertext }) => kind === 3 && ciphertext[20] === 2),
  ...malformed.filter(({ bytesAlone, ciphertext }) => bytesAlone || ciphertext[3] === 3),
].map((vector) => ({ ...vector, create: () => createEnvelopeCrypterer(vectorService(2), { generate: 'never' }) }));

for (const suite of ['xaes-256-gcm', 'aes-256-gcm'] satisfies Suite[]) {
  describeCrypterer({
    name: `awskms, ${suite}`,
    capabilities: { sync: true, keyLoader: true, closeable: true },
    create: () => create({ suite }),
    createOther: () => create({ suite, keyId: otherKey }),
    rotate: () => create({ suite, keyId: nextKey, decryptKeyArns: [key] }),
    goFrames: (goFrames) => create({ suite, goFrames }),
    async withDataKeys(first, second) {
      const wrapped = [first, second].map((dek) => kms.wrap(key, dek)) as [Buffer, Buffer];
      const crypterer = await create({ suite, client: clientWith(first, wrapped[0]) });
      await crypterer.decrypt(frameUnder(second, wrapped[1], { suite }));
      return {
        crypterer,
        header(which, suiteOfFrame) {
          const { fingerprint } = new DataKey(which === 0 ? first : second);
          return encodeFrameHeader(suiteOfFrame, { kind: 3, fingerprint, provider: 2, wrapped: wrapped[which] });
        },
      };
    },
    secrets,
    vectors,
    forgetKeys: (crypterer) => (crypterer as AwsKmsCrypterer).forgetKeys(),
    interruptKeyService() {
      kms.setFault('*', { status: 503 });
      return () => kms.clearFaults();
    },
  });
}
