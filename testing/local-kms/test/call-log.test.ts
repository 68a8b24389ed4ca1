import { DecryptCommand, EncryptCommand, GenerateDataKeyCommand } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { bytes, clientOf, startKms } from './kms-client.js';

const KeyId = 'alias/sqlcrypter';

describe('the call log', () => {
  it('holds one entry per request, with what a trail would show', async () => {
    const kms = await startKms();
    const client = clientOf(kms);
    const before = new Date();
    const EncryptionContext = { service: 'payroll' };
    const made = await client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext }));
    const failed = await client
      .send(new DecryptCommand({ CiphertextBlob: made.CiphertextBlob }))
      .catch((error: { $metadata: { requestId?: string } }) => error);

    expect(kms.calls).toEqual([
      {
        operation: 'GenerateDataKey',
        region: 'eu-west-2',
        keyId: KeyId,
        encryptionContext: EncryptionContext,
        requestId: made.$metadata.requestId,
        at: expect.any(Date),
        status: 200,
      },
      {
        operation: 'Decrypt',
        region: 'eu-west-2',
        requestId: failed.$metadata.requestId,
        at: expect.any(Date),
        status: 400,
        error: 'InvalidCiphertextException',
      },
    ]);
    expect(kms.calls[0]?.at.getTime()).toBeGreaterThanOrEqual(before.getTime());
  });

  it('counts requests of all operations or of one, attempts of the SDK included', async () => {
    const kms = await startKms();
    const client = clientOf(kms, { maxAttempts: 3 });
    const { CiphertextBlob } = await client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }));
    kms.setFault('Decrypt', { status: 503, times: 2 });
    await client.send(new DecryptCommand({ CiphertextBlob }));
    expect([kms.countCalls(), kms.countCalls('Decrypt'), kms.countCalls('Encrypt')]).toEqual([4, 3, 0]);
  });

  it('can be cleared, and hands out snapshots', async () => {
    const kms = await startKms();
    await clientOf(kms).send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }));
    const earlier = kms.calls;
    kms.clearCalls();
    expect(kms.calls).toEqual([]);
    expect(earlier).toHaveLength(1);
  });

  it('never holds a plaintext or a blob', async () => {
    const kms = await startKms();
    const Plaintext = Buffer.from('999-00-1234 is a secret');
    const encrypted = await clientOf(kms).send(new EncryptCommand({ KeyId, Plaintext }));
    await clientOf(kms).send(new DecryptCommand({ CiphertextBlob: encrypted.CiphertextBlob }));
    const log = JSON.stringify(kms.calls);
    for (const secret of [Plaintext, bytes(encrypted.CiphertextBlob)]) {
      for (const encoding of ['base64', 'hex', 'latin1'] as const) expect(log).not.toContain(secret.toString(encoding));
    }
  });

  it('does not hold what direct methods do', async () => {
    const kms = await startKms();
    kms.rotateKey(KeyId);
    kms.wrap(KeyId, Buffer.alloc(32));
    expect(kms.calls).toEqual([]);
  });
});
