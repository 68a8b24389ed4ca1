import {
  DecryptCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  ReEncryptCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { bytes, clientOf, startKms } from './kms-client.js';

const KeyId = 'alias/sqlcrypter';
const plaintext = Buffer.from('thirty-two bytes of a data key..');

describe('data keys', () => {
  it('are generated with the length that the key spec asks for, and decrypt to the same bytes', async () => {
    const kms = await startKms();
    const client = clientOf(kms);
    for (const [KeySpec, length] of [['AES_256', 32] as const, ['AES_128', 16] as const]) {
      const made = await client.send(new GenerateDataKeyCommand({ KeyId, KeySpec }));
      expect(made.KeyId).toBe(kms.arnOf(KeyId));
      expect(made.Plaintext).toHaveLength(length);
      const opened = await client.send(new DecryptCommand({ CiphertextBlob: made.CiphertextBlob }));
      expect(bytes(opened.Plaintext)).toEqual(bytes(made.Plaintext));
      expect(opened).toMatchObject({ KeyId: made.KeyId, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' });
    }
  });

  it('are generated with the number of bytes that is asked for', async () => {
    const client = clientOf(await startKms());
    const made = await client.send(new GenerateDataKeyCommand({ KeyId, NumberOfBytes: 1024 }));
    expect(made.Plaintext).toHaveLength(1024);
  });

  it('differ from call to call, and so do the blobs of the same bytes', async () => {
    const client = clientOf(await startKms());
    const generate = () => client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }));
    const [first, second] = [await generate(), await generate()];
    expect(bytes(first.Plaintext)).not.toEqual(bytes(second.Plaintext));

    const encrypt = () => client.send(new EncryptCommand({ KeyId, Plaintext: plaintext }));
    expect(bytes((await encrypt()).CiphertextBlob)).not.toEqual(bytes((await encrypt()).CiphertextBlob));
  });

  it('can be generated without their plaintext', async () => {
    const client = clientOf(await startKms());
    const made = await client.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, KeySpec: 'AES_256' }));
    expect(made).not.toHaveProperty('Plaintext');
    const opened = await client.send(new DecryptCommand({ CiphertextBlob: made.CiphertextBlob }));
    expect(opened.Plaintext).toHaveLength(32);
  });

  it('decrypt only under the encryption context that they were generated with', async () => {
    const client = clientOf(await startKms());
    const EncryptionContext = { service: 'payroll', stage: 'test' };
    const made = await client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext }));
    const decrypt = (context: Record<string, string> | undefined) =>
      client.send(new DecryptCommand({ CiphertextBlob: made.CiphertextBlob, EncryptionContext: context }));

    expect(bytes((await decrypt({ stage: 'test', service: 'payroll' })).Plaintext)).toEqual(bytes(made.Plaintext));
    for (const wrong of [undefined, {}, { service: 'payroll' }, { service: 'Payroll', stage: 'test' }]) {
      await expect(decrypt(wrong)).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
    }
  });

  it('are refused where neither or both of key spec and number of bytes are given', async () => {
    const client = clientOf(await startKms());
    for (const size of [{}, { KeySpec: 'AES_256' as const, NumberOfBytes: 32 }]) {
      const generated = client.send(new GenerateDataKeyCommand({ KeyId, ...size }));
      await expect(generated).rejects.toMatchObject({ name: 'ValidationException' });
    }
  });
});

describe('Encrypt', () => {
  it('takes 1 to 4096 bytes', async () => {
    const client = clientOf(await startKms());
    const encrypt = (length: number) => client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(length, 7) }));
    for (const length of [1, 4096]) {
      const { CiphertextBlob } = await encrypt(length);
      const { Plaintext } = await client.send(new DecryptCommand({ CiphertextBlob }));
      expect(bytes(Plaintext)).toEqual(Buffer.alloc(length, 7));
    }
    for (const length of [0, 4097])
      await expect(encrypt(length)).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('ReEncrypt', () => {
  it('moves a blob to another key and another encryption context', async () => {
    const kms = await startKms();
    const client = clientOf(kms);
    const target = kms.createKey();
    const moved = await client.send(
      new ReEncryptCommand({
        CiphertextBlob: kms.wrap(KeyId, plaintext, { a: '1' }),
        SourceEncryptionContext: { a: '1' },
        DestinationKeyId: target,
        DestinationEncryptionContext: { b: '2' },
      }),
    );
    expect(moved).toMatchObject({ SourceKeyId: kms.arnOf(KeyId), KeyId: target });
    const opened = await client.send(
      new DecryptCommand({ CiphertextBlob: moved.CiphertextBlob, KeyId: target, EncryptionContext: { b: '2' } }),
    );
    expect(bytes(opened.Plaintext)).toEqual(plaintext);
  });

  it('refuses a source key that is not the key of the blob', async () => {
    const kms = await startKms();
    const other = kms.createKey();
    const moved = clientOf(kms).send(
      new ReEncryptCommand({
        CiphertextBlob: kms.wrap(KeyId, plaintext),
        SourceKeyId: other,
        DestinationKeyId: other,
      }),
    );
    await expect(moved).rejects.toMatchObject({ name: 'IncorrectKeyException' });
  });
});

describe('wrap', () => {
  it('gives a blob of chosen bytes that a client decrypts', async () => {
    const kms = await startKms();
    const blob = kms.wrap(KeyId, plaintext, { tenant: '7' });
    const opened = await clientOf(kms).send(
      new DecryptCommand({ CiphertextBlob: blob, EncryptionContext: { tenant: '7' } }),
    );
    expect(bytes(opened.Plaintext)).toEqual(plaintext);
  });

  it('works for a disabled key, so that a test can prepare what must not decrypt', async () => {
    const kms = await startKms();
    kms.disableKey(KeyId);
    const decrypted = clientOf(kms).send(new DecryptCommand({ CiphertextBlob: kms.wrap(KeyId, plaintext) }));
    await expect(decrypted).rejects.toMatchObject({ name: 'DisabledException' });
  });
});
