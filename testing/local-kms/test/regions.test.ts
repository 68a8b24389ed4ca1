import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  ListAliasesCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { bytes, clientOf, startKms } from './kms-client.js';

const plaintext = Buffer.alloc(32, 5);

describe('Regions', () => {
  it('are kept apart by the Region that a client signs for', async () => {
    const kms = await startKms();
    const home = clientOf(kms);
    const abroad = clientOf(kms, { region: 'us-east-1' });
    expect((await home.send(new ListAliasesCommand({}))).Aliases).toHaveLength(1);
    expect((await abroad.send(new ListAliasesCommand({}))).Aliases).toEqual([]);

    const { KeyMetadata } = await abroad.send(new CreateKeyCommand({}));
    expect(KeyMetadata?.Arn).toContain(':us-east-1:');
    const seen = home.send(new DescribeKeyCommand({ KeyId: KeyMetadata?.KeyId }));
    await expect(seen).rejects.toMatchObject({ name: 'NotFoundException' });
  });

  it('do not decrypt for each other without a replica', async () => {
    const kms = await startKms();
    const CiphertextBlob = kms.wrap('alias/sqlcrypter', plaintext);
    const decrypted = clientOf(kms, { region: 'us-east-1' }).send(new DecryptCommand({ CiphertextBlob }));
    await expect(decrypted).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('a multi-Region key', () => {
  it('has the same id and material in the Region of its replica, under another ARN', async () => {
    const kms = await startKms();
    const primary = kms.createKey({ multiRegion: true });
    const home = clientOf(kms);
    const abroad = clientOf(kms, { region: 'us-west-2' });
    const { ReplicaKeyMetadata } = await home.send(
      new ReplicateKeyCommand({ KeyId: primary, ReplicaRegion: 'us-west-2', Description: 'second site' }),
    );
    const replica = primary.replace('eu-west-2', 'us-west-2');
    const configuration = {
      MultiRegionKeyType: 'REPLICA',
      PrimaryKey: { Arn: primary, Region: 'eu-west-2' },
      ReplicaKeys: [{ Arn: replica, Region: 'us-west-2' }],
    };
    expect(ReplicaKeyMetadata).toMatchObject({
      Arn: replica,
      Description: 'second site',
      MultiRegion: true,
      MultiRegionConfiguration: configuration,
    });
    const described = await home.send(new DescribeKeyCommand({ KeyId: primary }));
    expect(described.KeyMetadata?.MultiRegionConfiguration).toEqual({
      ...configuration,
      MultiRegionKeyType: 'PRIMARY',
    });

    const atHome = await home.send(new EncryptCommand({ KeyId: primary, Plaintext: plaintext }));
    const openedAbroad = await abroad.send(new DecryptCommand({ CiphertextBlob: atHome.CiphertextBlob }));
    expect(openedAbroad.KeyId).toBe(replica);
    expect(bytes(openedAbroad.Plaintext)).toEqual(plaintext);

    const there = await abroad.send(new EncryptCommand({ KeyId: replica, Plaintext: plaintext }));
    const openedAtHome = await home.send(new DecryptCommand({ CiphertextBlob: there.CiphertextBlob, KeyId: primary }));
    expect(openedAtHome.KeyId).toBe(primary);
    expect(bytes(openedAtHome.Plaintext)).toEqual(plaintext);
  });

  it('decrypts in the other Region where ARN and index are authenticated, too', async () => {
    const kms = await startKms({ authenticateArn: true });
    const primary = kms.createKey({ multiRegion: true });
    kms.replicateKey(primary, 'us-west-2');
    const opened = await clientOf(kms, { region: 'us-west-2' }).send(
      new DecryptCommand({ CiphertextBlob: kms.wrap(primary, plaintext) }),
    );
    expect(bytes(opened.Plaintext)).toEqual(plaintext);
  });

  it('is rotated in every Region by rotating its primary, and not by rotating a replica', async () => {
    const kms = await startKms();
    const primary = kms.createKey({ keyId: 'mrk-payroll' });
    const replica = kms.replicateKey(primary, 'us-west-2');
    const abroad = clientOf(kms, { region: 'us-west-2' });
    kms.rotateKey(primary);
    const opened = await abroad.send(new DecryptCommand({ CiphertextBlob: kms.wrap(primary, plaintext) }));
    expect(bytes(opened.Plaintext)).toEqual(plaintext);

    const rotated = abroad.send(new RotateKeyOnDemandCommand({ KeyId: replica }));
    await expect(rotated).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
  });

  it('has a state of its own in each Region', async () => {
    const kms = await startKms();
    const primary = kms.createKey({ multiRegion: true });
    const replica = kms.replicateKey(primary, 'us-west-2');
    const CiphertextBlob = kms.wrap(primary, plaintext);
    kms.disableKey(replica);
    const abroad = clientOf(kms, { region: 'us-west-2' });
    await expect(abroad.send(new DecryptCommand({ CiphertextBlob }))).rejects.toMatchObject({
      name: 'DisabledException',
    });
    const opened = await clientOf(kms).send(new DecryptCommand({ CiphertextBlob }));
    expect(bytes(opened.Plaintext)).toEqual(plaintext);
  });

  it('waits for its replicas when its primary is to be deleted', async () => {
    const kms = await startKms();
    const primary = kms.createKey({ multiRegion: true });
    kms.replicateKey(primary, 'us-west-2');
    const scheduled = await clientOf(kms).send(new ScheduleKeyDeletionCommand({ KeyId: primary }));
    expect(scheduled.KeyState).toBe('PendingReplicaDeletion');
    expect(scheduled.DeletionDate).toBeUndefined();
    const encrypted = clientOf(kms).send(new EncryptCommand({ KeyId: primary, Plaintext: plaintext }));
    await expect(encrypted).rejects.toMatchObject({ name: 'KMSInvalidStateException' });
  });

  it('is made by CreateKey with MultiRegion', async () => {
    const { KeyMetadata } = await clientOf(await startKms()).send(new CreateKeyCommand({ MultiRegion: true }));
    expect(KeyMetadata?.KeyId).toMatch(/^mrk-[0-9a-f]{32}$/);
    expect(KeyMetadata?.MultiRegionConfiguration?.MultiRegionKeyType).toBe('PRIMARY');
  });

  it('is not replicated twice into a Region, nor into one that cannot be, nor from a replica or a plain key', async () => {
    const kms = await startKms();
    const primary = kms.createKey({ multiRegion: true });
    const replica = kms.replicateKey(primary, 'us-west-2');
    const attempts = [
      [primary, 'us-west-2', 'AlreadyExistsException'],
      [primary, 'eu-west-2', 'AlreadyExistsException'],
      [primary, 'Mars!', 'ValidationException'],
      [replica, 'eu-west-1', 'UnsupportedOperationException'],
      [kms.createKey(), 'us-west-2', 'UnsupportedOperationException'],
    ] as const;
    for (const [key, region, name] of attempts) {
      expect(() => kms.replicateKey(key, region)).toThrow(expect.objectContaining({ name }));
    }
  });

  it('has one primary: its id cannot be made a second time in another Region', async () => {
    const kms = await startKms();
    kms.createKey({ keyId: 'mrk-payroll' });
    expect(() => kms.createKey({ keyId: 'mrk-payroll', region: 'us-west-2' })).toThrow(
      expect.objectContaining({ name: 'AlreadyExistsException' }),
    );
  });
});
