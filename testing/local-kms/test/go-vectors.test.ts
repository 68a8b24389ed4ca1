import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DecryptCommand } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { clientOf, startKms } from './kms-client.js';

interface Vectors {
  readonly groups: readonly {
    readonly name: string;
    readonly seed: string;
    readonly deks: readonly {
      readonly encryptedDekB64: string;
      readonly dekHex: string;
      readonly keyArn: string;
      readonly keyIdGivenToNew: string;
    }[];
  }[];
}

const folder = new URL('../../vectors/go-sqlcrypter/', import.meta.url);
const vectors = JSON.parse(readFileSync(new URL('awskms.json', folder), 'utf8')) as Vectors;

describe('data keys that the Go library had wrapped by nsmithuk/local-kms', () => {
  it.each(vectors.groups)('decrypt to the known bytes: group $name with $seed', async ({ seed, deks }) => {
    const kms = await startKms({ seed: fileURLToPath(new URL(seed, folder)) });
    const client = clientOf(kms);
    expect(deks.length).toBeGreaterThan(0);
    for (const dek of deks) {
      const blob = Buffer.from(dek.encryptedDekB64, 'base64');
      for (const KeyId of [undefined, dek.keyArn, dek.keyIdGivenToNew]) {
        const answer = await client.send(new DecryptCommand({ CiphertextBlob: blob, KeyId }));
        expect(Buffer.from(answer.Plaintext ?? []).toString('hex')).toBe(dek.dekHex);
        expect(answer.KeyId).toBe(dek.keyArn);
      }
    }
  });
});
