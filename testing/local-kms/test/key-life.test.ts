import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { bytes, clientOf, startKms } from './kms-client.js';

const KeyId = 'alias/sqlcrypter';
const plaintext = Buffer.alloc(32, 9);

describe('CreateKey', () => {
  it('makes an enabled symmetric key and describes it', async () => {
    const kms = await startKms({ region: 'us-east-1', accountId: '999988887777' });
    const client = clientOf(kms);
    const before = Date.now();
    const { KeyMetadata } = await client.send(new CreateKeyCommand({ Description: 'salaries' }));
    expect(KeyMetadata).toMatchObject({
      AWSAccountId: '999988887777',
      Arn: `arn:aws:kms:us-east-1:999988887777:key/${KeyMetadata?.KeyId}`,
      Description: 'salaries',
      Enabled: true,
      KeyState: 'Enabled',
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyUsage: 'ENCRYPT_DECRYPT',
      MultiRegion: false,
      Origin: 'AWS_KMS',
    });
    expect(KeyMetadata?.CreationDate?.getTime()).toBeGreaterThanOrEqual(before);
    const described = await client.send(new DescribeKeyCommand({ KeyId: KeyMetadata?.KeyId }));
    expect(described.KeyMetadata).toEqual(KeyMetadata);
  });

  it('refuses kinds of keys that are not served', async () => {
    const client = clientOf(await startKms());
    for (const kind of [
      { KeySpec: 'RSA_2048' as const, KeyUsage: 'ENCRYPT_DECRYPT' as const },
      { KeyUsage: 'SIGN_VERIFY' as const },
      { Origin: 'EXTERNAL' as const },
    ]) {
      const made = client.send(new CreateKeyCommand(kind));
      await expect(made).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
    }
  });
});

describe('a disabled key', () => {
  it('neither encrypts nor decrypts until it is enabled again', async () => {
    const kms = await startKms();
    const client = clientOf(kms);
    const arn = kms.arnOf(KeyId);
    const CiphertextBlob = kms.wrap(KeyId, plaintext);
    await client.send(new DisableKeyCommand({ KeyId: arn }));

    const described = await client.send(new DescribeKeyCommand({ KeyId }));
    expect(described.KeyMetadata).toMatchObject({ Enabled: false, KeyState: 'Disabled' });
    for (const command of [
      new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }),
      new EncryptCommand({ KeyId, Plaintext: plaintext }),
      new DecryptCommand({ CiphertextBlob }),
      new DecryptCommand({ CiphertextBlob, KeyId }),
      new RotateKeyOnDemandCommand({ KeyId: arn }),
    ]) {
      await expect(client.send(command as DecryptCommand)).rejects.toMatchObject({
        name: 'DisabledException',
        message: `${arn} is disabled.`,
      });
    }

    await client.send(new EnableKeyCommand({ KeyId: arn }));
    expect(bytes((await client.send(new DecryptCommand({ CiphertextBlob }))).Plaintext)).toEqual(plaintext);
  });
});

describe('a key that is pending deletion', () => {
  it('is in an invalid state for every use and every change', async () => {
    const kms = await startKms();
    const client = clientOf(kms);
    const arn = kms.arnOf(KeyId);
    const CiphertextBlob = kms.wrap(KeyId, plaintext);
    const scheduled = await client.send(new ScheduleKeyDeletionCommand({ KeyId: arn, PendingWindowInDays: 7 }));
    expect(scheduled).toMatchObject({ KeyId: arn, KeyState: 'PendingDeletion', PendingWindowInDays: 7 });
    const days = ((scheduled.DeletionDate?.getTime() ?? 0) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(7);

    for (const command of [
      new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }),
      new DecryptCommand({ CiphertextBlob }),
      new EnableKeyCommand({ KeyId: arn }),
      new DisableKeyCommand({ KeyId: arn }),
      new ScheduleKeyDeletionCommand({ KeyId: arn }),
    ]) {
      await expect(client.send(command as DecryptCommand)).rejects.toMatchObject({
        name: 'KMSInvalidStateException',
        message: `${arn} is pending deletion.`,
      });
    }
  });

  it('cannot be scheduled with a window outside 7 to 30 days', async () => {
    const kms = await startKms();
    for (const PendingWindowInDays of [6, 31]) {
      const command = new ScheduleKeyDeletionCommand({ KeyId: kms.arnOf(KeyId), PendingWindowInDays });
      await expect(clientOf(kms).send(command)).rejects.toMatchObject({ name: 'ValidationException' });
    }
  });
});

describe('RotateKeyOnDemand', () => {
  it('encrypts with new material and still decrypts what the old one encrypted', async () => {
    const kms = await startKms();
    const client = clientOf(kms);
    const before = kms.wrap(KeyId, plaintext);
    const indexAt = 1 + before.readUInt8(0);
    await client.send(new RotateKeyOnDemandCommand({ KeyId: kms.arnOf(KeyId) }));
    kms.rotateKey(KeyId);
    const after = kms.wrap(KeyId, plaintext);
    expect([before.readUInt32LE(indexAt), after.readUInt32LE(indexAt)]).toEqual([0, 2]);
    for (const CiphertextBlob of [before, after]) {
      expect(bytes((await client.send(new DecryptCommand({ CiphertextBlob }))).Plaintext)).toEqual(plaintext);
    }
  });
});

describe('operations on keys', () => {
  it('take no alias where AWS takes none', async () => {
    const client = clientOf(await startKms());
    for (const command of [DisableKeyCommand, EnableKeyCommand, ScheduleKeyDeletionCommand, RotateKeyOnDemandCommand]) {
      const sent = client.send(new command({ KeyId }) as DisableKeyCommand);
      await expect(sent).rejects.toMatchObject({ name: 'NotFoundException' });
    }
    const aliasArn = 'arn:aws:kms:eu-west-2:111122223333:alias/sqlcrypter';
    const sent = client.send(new DisableKeyCommand({ KeyId: aliasArn }));
    await expect(sent).rejects.toMatchObject({ name: 'InvalidArnException' });
  });

  it('are there as methods that take an alias too', async () => {
    const kms = await startKms();
    const stateOf = async () => (await clientOf(kms).send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyState;
    kms.disableKey(KeyId);
    expect(await stateOf()).toBe('Disabled');
    kms.enableKey(KeyId);
    expect(await stateOf()).toBe('Enabled');
    kms.scheduleKeyDeletion(KeyId);
    expect(await stateOf()).toBe('PendingDeletion');
    expect(() => kms.enableKey(KeyId)).toThrow(expect.objectContaining({ name: 'KMSInvalidStateException' }));
    expect(() => kms.disableKey('nobody')).toThrow(expect.objectContaining({ name: 'NotFoundException' }));
  });
});

describe('createKey', () => {
  it('takes an id, and refuses one that cannot be or exists', async () => {
    const kms = await startKms();
    expect(kms.createKey({ keyId: 'payroll' })).toBe('arn:aws:kms:eu-west-2:111122223333:key/payroll');
    expect(() => kms.createKey({ keyId: 'payroll' })).toThrow(
      expect.objectContaining({ name: 'AlreadyExistsException' }),
    );
    for (const options of [
      { keyId: 'key/payroll' },
      { keyId: '' },
      { region: 'EU WEST' },
      { keyId: 'payroll', multiRegion: true },
      { keyId: 'mrk-1', multiRegion: false },
    ]) {
      expect(() => kms.createKey(options)).toThrow(expect.objectContaining({ code: 'CONFIG' }));
    }
  });
});
