import { DecryptCommand, EncryptCommand } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { bytes, clientOf, startKms } from './kms-client.js';

const plaintext = Buffer.alloc(32, 3);

describe('a key', () => {
  it('is named by id, ARN, alias or alias ARN', async () => {
    const kms = await startKms();
    const client = clientOf(kms);
    const arn = kms.arnOf('alias/sqlcrypter');
    const id = arn.slice(arn.indexOf('/') + 1);
    for (const KeyId of [id, arn, 'alias/sqlcrypter', 'arn:aws:kms:eu-west-2:111122223333:alias/sqlcrypter']) {
      const { CiphertextBlob, KeyId: used } = await client.send(new EncryptCommand({ KeyId, Plaintext: plaintext }));
      expect(used).toBe(arn);
      const opened = await client.send(new DecryptCommand({ CiphertextBlob, KeyId }));
      expect(bytes(opened.Plaintext)).toEqual(plaintext);
    }
  });

  it('is not found under an id, alias, Region or account that has none, nor under garbage', async () => {
    const kms = await startKms();
    const client = clientOf(kms);
    const arn = kms.arnOf('alias/sqlcrypter');
    const unknown = [
      '00000000-0000-4000-8000-000000000000',
      'alias/nobody',
      'alias/',
      arn.replace('eu-west-2', 'us-east-1'),
      arn.replace('111122223333', '444455556666'),
      'arn:aws:s3:::bucket',
      'not a key id',
    ];
    for (const KeyId of unknown) {
      const encrypted = client.send(new EncryptCommand({ KeyId, Plaintext: plaintext }));
      await expect(encrypted, KeyId).rejects.toMatchObject({ name: 'NotFoundException' });
    }
  });

  it('refuses the blob of another key with IncorrectKeyException', async () => {
    const kms = await startKms();
    const client = clientOf(kms);
    const other = kms.createKey();
    const CiphertextBlob = kms.wrap('alias/sqlcrypter', plaintext);
    const decrypted = client.send(new DecryptCommand({ CiphertextBlob, KeyId: other }));
    await expect(decrypted).rejects.toMatchObject({ name: 'IncorrectKeyException' });
  });

  it('refuses with IncorrectKeyException what an alias encrypted before it was pointed at another key', async () => {
    const kms = await startKms();
    const CiphertextBlob = kms.wrap('alias/sqlcrypter', plaintext);
    const KeyId = 'alias/sqlcrypter';
    kms.updateAlias(KeyId, kms.createKey());
    const client = clientOf(kms);
    const decrypted = client.send(new DecryptCommand({ CiphertextBlob, KeyId }));
    await expect(decrypted).rejects.toMatchObject({ name: 'IncorrectKeyException' });
    expect(bytes((await client.send(new DecryptCommand({ CiphertextBlob }))).Plaintext)).toEqual(plaintext);
  });

  it('is denied, not missing, where a blob alone names a key that the KMS does not have', async () => {
    const stranger = await startKms();
    const CiphertextBlob = stranger.wrap('alias/sqlcrypter', plaintext);
    const decrypted = clientOf(await startKms()).send(new DecryptCommand({ CiphertextBlob }));
    await expect(decrypted).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});
