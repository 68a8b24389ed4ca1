import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalKms, startLocalKms } from '../src/index.js';
import { bytes } from './kms-client.js';

// What every KMS must do alike: this one, nsmithuk/local-kms and AWS. See testing/README.md for the two variables.
const { SQLCRYPTER_KMS_ENDPOINT: endpoint, SQLCRYPTER_KMS_KEY_ID: chosenKeyId } = process.env;
const KeyId = chosenKeyId ?? 'alias/sqlcrypter';

let own: LocalKms | undefined;
let client: KMSClient;

beforeAll(async () => {
  if (!endpoint && chosenKeyId) {
    client = new KMSClient({});
    return;
  }
  if (!endpoint) own = await startLocalKms();
  client = new KMSClient({
    endpoint: endpoint ?? own?.endpoint ?? '',
    region: process.env.AWS_REGION ?? 'eu-west-2',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
});

afterAll(async () => {
  client?.destroy();
  await own?.close();
});

const generate = (EncryptionContext?: Record<string, string>) =>
  client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext }));
const decrypt = (CiphertextBlob: Uint8Array | undefined, EncryptionContext?: Record<string, string>) =>
  client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));

describe(`the KMS at ${endpoint ?? (chosenKeyId ? 'AWS' : 'this test')}`, () => {
  it('generates a data key under the ARN of its key, and decrypts it by the blob alone', async () => {
    const made = await generate();
    expect(made.KeyId).toMatch(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[a-z0-9-]+$/);
    expect(made.Plaintext).toHaveLength(32);
    const opened = await decrypt(made.CiphertextBlob);
    expect(opened.KeyId).toBe(made.KeyId);
    expect(bytes(opened.Plaintext)).toEqual(bytes(made.Plaintext));
  });

  it('binds a data key to its encryption context', async () => {
    const made = await generate({ service: 'payroll', stage: 'test' });
    const opened = await decrypt(made.CiphertextBlob, { stage: 'test', service: 'payroll' });
    expect(bytes(opened.Plaintext)).toEqual(bytes(made.Plaintext));
    for (const wrong of [undefined, { service: 'payroll' }, { service: 'payroll', stage: 'live' }]) {
      await expect(decrypt(made.CiphertextBlob, wrong)).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
    }
  });

  it('refuses a blob whose last bit is flipped', async () => {
    const blob = bytes((await generate()).CiphertextBlob);
    blob.writeUInt8(blob.readUInt8(blob.length - 1) ^ 1, blob.length - 1);
    await expect(decrypt(blob)).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
  });
});
