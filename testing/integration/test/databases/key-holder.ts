import { KMSClient } from '@aws-sdk/client-kms';
import { createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { createAwsKmsCrypterer } from '@sqlcrypter/awskms';
import type { Closeable, Crypterer, SyncCrypterer } from '@sqlcrypter/core';
import { startLocalKms } from '@sqlcrypter/local-kms';

export type AnyCrypterer = Crypterer & SyncCrypterer & Closeable;

/** The keys of one provider, from which crypterers are made as processes of an application would. */
export interface KeyHolder extends AsyncDisposable {
  /** A new process: the keys as they are now, none of them in memory but the one to write with. */
  start(): Promise<AnyCrypterer>;
  /** Rotates the key; what starts from now on encrypts under the new one. */
  rotate(): void;
  /** KMS calls that unwrapped a data key, so far. */
  unwraps(): number;
}

/** A way to hold keys. */
export interface Provider {
  name: string;
  /** Whether a new process must ask for the keys of what earlier ones wrote. */
  loadsKeys: boolean;
  hold(): Promise<KeyHolder>;
}

const aes: Provider = {
  name: 'local keys',
  loadsKeys: false,
  async hold() {
    const keys = [generateKey()];
    return {
      start: async () => createAesCrypterer({ key: keys[0] as Buffer, decryptKeys: keys.slice(1) }),
      rotate: () => keys.unshift(generateKey()),
      unwraps: () => 0,
      [Symbol.asyncDispose]: async () => {},
    };
  },
};

const awskms: Provider = {
  name: 'AWS KMS',
  loadsKeys: true,
  async hold() {
    const kms = await startLocalKms();
    const { endpoint, region } = kms;
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const client = new KMSClient({ endpoint, region, credentials });
    return {
      start: () => createAwsKmsCrypterer({ client, keyId: 'alias/sqlcrypter' }),
      rotate: () => kms.rotateKey('alias/sqlcrypter'),
      unwraps: () => kms.countCalls('Decrypt'),
      async [Symbol.asyncDispose]() {
        client.destroy();
        await kms.close();
      },
    };
  },
};

/** Both providers: every database test runs with each. */
export const providers: readonly Provider[] = [aes, awskms];
