import { KMSClient } from '@aws-sdk/client-kms';
import { decryptMany } from '@sqlcrypter/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { type AwsKmsCryptererOptions, createAwsKmsCrypterer, type KmsClient } from '../src/index.js';
import { errorOf } from './support/error-code.js';
import { clientOf, startKms } from './support/local-kms.js';
import { whenTestEnds } from './support/when-test-ends.js';

// What works with any KMS: one that the test starts, nsmithuk/local-kms, AWS. testing/README.md tells of the variables.
const { SQLCRYPTER_KMS_ENDPOINT: endpoint, SQLCRYPTER_KMS_KEY_ID: chosenKeyId } = process.env;
const keyId = chosenKeyId ?? 'alias/sqlcrypter';
const context = { c: 'employee.ssn' };
const value = Buffer.from('999-00-1234');

async function chosenClient(): Promise<KMSClient> {
  if (endpoint) return clientOf({ endpoint, region: process.env.AWS_REGION ?? 'eu-west-2' }, { maxAttempts: 3 });
  if (!chosenKeyId) return clientOf(await startKms());
  const client = new KMSClient({});
  whenTestEnds(() => client.destroy());
  return client;
}

describe(`the KMS at ${endpoint ?? (chosenKeyId ? 'AWS' : 'this test')}`, () => {
  let client: KMSClient;
  let asked: string[];

  beforeEach(async () => {
    client = await chosenClient();
    asked = [];
  });

  async function create(options: Partial<AwsKmsCryptererOptions> = {}) {
    const counting: KmsClient = {
      send(command: Parameters<typeof client.send>[0], requestOptions: object) {
        asked.push(command.constructor.name);
        return client.send(command, requestOptions);
      },
    };
    const crypterer = await createAwsKmsCrypterer({ client: counting, keyId, requestTimeout: 30_000, ...options });
    whenTestEnds(() => crypterer.close());
    return crypterer;
  }

  it('makes one data key for a process, and one call opens it in another', async () => {
    const writer = await create();
    const ciphertexts = Array.from({ length: 20 }, () => ({
      ciphertext: writer.encryptSync(value, { context }),
      context,
    }));
    const reader = await create();
    expect(await decryptMany(ciphertexts, { crypterer: reader })).toEqual(Array(20).fill(value));
    expect(asked).toEqual(['GenerateDataKeyCommand', 'GenerateDataKeyCommand', 'DecryptCommand']);
  });

  it('makes and opens values of the Go library', async () => {
    const ciphertext = await (await create({ goFrames: 'write' })).encrypt(value);
    expect(await (await create({ goFrames: 'read' })).decrypt(ciphertext)).toEqual(value);
  });

  it('opens nothing under another encryption context', async () => {
    const ciphertext = await (await create({ encryptionContext: { service: 'payroll' } })).encrypt(value);
    const error = await errorOf((await create({ encryptionContext: { service: 'crm' } })).decrypt(ciphertext));
    expect(error).toMatchObject({ code: 'KMS_INVALID_BLOB', retryable: false });
  });

  it('does not have a key that does not exist', async () => {
    const error = await errorOf(create({ keyId: '00000000-0000-4000-8000-000000000000' }));
    // A role that may use one key only is not told which others there are.
    expect(['KEY_NOT_FOUND', 'KMS_DENIED']).toContain(error.code);
  });
});
