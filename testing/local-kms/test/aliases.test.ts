import { CreateAliasCommand, DescribeKeyCommand, ListAliasesCommand, UpdateAliasCommand } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { clientOf, startKms } from './kms-client.js';

describe('aliases', () => {
  it('are made, listed and pointed at another key', async () => {
    const kms = await startKms();
    const client = clientOf(kms);
    const [first, second] = [kms.createKey({ keyId: 'first' }), kms.createKey({ keyId: 'second' })];
    await client.send(new CreateAliasCommand({ AliasName: 'alias/payroll', TargetKeyId: first }));
    const before = await client.send(new ListAliasesCommand({ KeyId: 'first' }));
    expect(before.Aliases).toMatchObject([
      {
        AliasName: 'alias/payroll',
        AliasArn: 'arn:aws:kms:eu-west-2:111122223333:alias/payroll',
        TargetKeyId: 'first',
      },
    ]);

    await client.send(new UpdateAliasCommand({ AliasName: 'alias/payroll', TargetKeyId: 'second' }));
    const described = await client.send(new DescribeKeyCommand({ KeyId: 'alias/payroll' }));
    expect(described.KeyMetadata?.Arn).toBe(second);
    expect((await client.send(new ListAliasesCommand({ KeyId: 'first' }))).Aliases).toEqual([]);
  });

  it('are listed page by page, in the order of their names', async () => {
    const kms = await startKms({ seed: { Keys: [] } });
    const client = clientOf(kms);
    const key = kms.createKey();
    const names = ['alias/a', 'alias/b', 'alias/c', 'alias/d', 'alias/e'];
    for (const name of names.toReversed()) kms.createAlias(name, key);

    const listed: (string | undefined)[] = [];
    let Marker: string | undefined;
    do {
      const page = await client.send(new ListAliasesCommand({ Limit: 2, Marker }));
      listed.push(...(page.Aliases ?? []).map((alias) => alias.AliasName));
      expect(page.Truncated).toBe(page.NextMarker !== undefined);
      Marker = page.NextMarker;
    } while (Marker);
    expect(listed).toEqual(names);

    const unknown = client.send(new ListAliasesCommand({ Marker: 'alias/z' }));
    await expect(unknown).rejects.toMatchObject({ name: 'InvalidMarkerException' });
  });

  it.each([
    ['a name that exists', 'alias/sqlcrypter', 'target', 'AlreadyExistsException'],
    ['a name without alias/', 'payroll', 'target', 'ValidationException'],
    ['a name that AWS keeps for itself', 'alias/aws/rds', 'target', 'NotAuthorizedException'],
    ['a target that does not exist', 'alias/payroll', 'nobody', 'NotFoundException'],
    ['an alias as target', 'alias/payroll', 'alias/sqlcrypter', 'ValidationException'],
    ['a target that is pending deletion', 'alias/payroll', 'doomed', 'KMSInvalidStateException'],
  ])('are not made with %s', async (_, AliasName, TargetKeyId, name) => {
    const kms = await startKms();
    kms.createKey({ keyId: 'target' });
    kms.scheduleKeyDeletion(kms.createKey({ keyId: 'doomed' }));
    const made = clientOf(kms).send(new CreateAliasCommand({ AliasName, TargetKeyId }));
    await expect(made).rejects.toMatchObject({ name });
  });

  it('are not updated where there is none', async () => {
    const kms = await startKms();
    const updated = clientOf(kms).send(
      new UpdateAliasCommand({ AliasName: 'alias/nobody', TargetKeyId: kms.createKey() }),
    );
    await expect(updated).rejects.toMatchObject({ name: 'NotFoundException' });
  });
});
