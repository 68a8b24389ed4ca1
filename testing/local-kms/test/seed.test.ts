import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DecryptCommand, DescribeKeyCommand, EncryptCommand, ListAliasesCommand } from '@aws-sdk/client-kms';
import { afterAll, describe, expect, it } from 'vitest';
import { LocalKmsError, type SeedObject, startLocalKms } from '../src/index.js';
import { bytes, clientOf, startKms } from './kms-client.js';

const folder = mkdtempSync(join(tmpdir(), 'local-kms-seed-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hex = 'a1b2'.repeat(16);
const plaintext = Buffer.alloc(32, 1);

function seedFile(text: string): string {
  const path = join(folder, `${Math.random()}.yaml`);
  writeFileSync(path, text);
  return path;
}

function aesKey(fields = ''): string {
  return `Keys:\n  Symmetric:\n    Aes:\n      - Metadata:\n          KeyId: payroll\n        BackingKeys:\n          - ${hex}\n${fields}`;
}

async function failure(seed: string | SeedObject): Promise<LocalKmsError> {
  const error: unknown = await startLocalKms({ seed }).then(
    (kms) => kms.close(),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LocalKmsError);
  return error as LocalKmsError;
}

describe('a seed', () => {
  it('gives keys and aliases that are the same after every start', async () => {
    const seed = seedFile(`${aesKey()}Aliases:\n  - AliasName: alias/payroll\n    TargetKeyId: payroll\n`);
    const blob = (await startKms({ seed })).wrap('alias/payroll', plaintext);
    const opened = await clientOf(await startKms({ seed })).send(new DecryptCommand({ CiphertextBlob: blob }));
    expect(bytes(opened.Plaintext)).toEqual(plaintext);
  });

  it('may be an object of the same form', async () => {
    const seed: SeedObject = {
      Keys: { Symmetric: { Aes: [{ Metadata: { KeyId: 'payroll', Description: 'salaries' }, BackingKeys: [hex] }] } },
      Aliases: [{ AliasName: 'alias/payroll', TargetKeyId: 'payroll' }],
    };
    const kms = await startKms({ seed });
    const described = await clientOf(kms).send(new DescribeKeyCommand({ KeyId: 'alias/payroll' }));
    expect(described.KeyMetadata).toMatchObject({ KeyId: 'payroll', Description: 'salaries' });
  });

  it('may have the older form, in which Keys is a plain list', async () => {
    const text = `Keys:\n  - Metadata:\n      KeyId: payroll\n    BackingKeys:\n      - ${hex}\n`;
    const blob = (await startKms({ seed: seedFile(aesKey()) })).wrap('payroll', plaintext);
    const kms = await startKms({ seed: seedFile(text) });
    const opened = await clientOf(kms).send(new DecryptCommand({ CiphertextBlob: blob }));
    expect(bytes(opened.Plaintext)).toEqual(plaintext);
  });

  it('replaces the default key and alias', async () => {
    const kms = await startKms({ seed: seedFile(aesKey('Aliases:\n')) });
    expect((await clientOf(kms).send(new ListAliasesCommand({}))).Aliases).toEqual([]);
    expect(() => kms.arnOf('alias/sqlcrypter')).toThrow(expect.objectContaining({ name: 'NotFoundException' }));
  });

  it('reads a backing key of digits only as text, not as a number', async () => {
    const digits = '0123456789'.repeat(7).slice(0, 64);
    const kms = await startKms({ seed: seedFile(aesKey().replace(hex, digits)) });
    const blob = kms.wrap('payroll', plaintext);
    const same = await startKms({ seed: { Keys: [{ Metadata: { KeyId: 'payroll' }, BackingKeys: [digits] }] } });
    const opened = await clientOf(same).send(new DecryptCommand({ CiphertextBlob: blob }));
    expect(bytes(opened.Plaintext)).toEqual(plaintext);
  });

  it('places its keys in the Region and account of the KMS', async () => {
    const kms = await startKms({ seed: seedFile(aesKey()), region: 'us-west-2', accountId: '999988887777' });
    expect(kms.arnOf('payroll')).toBe('arn:aws:kms:us-west-2:999988887777:key/payroll');
  });

  it('makes a multi-Region primary of an id that begins with mrk-', async () => {
    const kms = await startKms({ seed: seedFile(aesKey().replace('payroll', 'mrk-payroll')) });
    const described = await clientOf(kms).send(new DescribeKeyCommand({ KeyId: 'mrk-payroll' }));
    expect(described.KeyMetadata?.MultiRegionConfiguration?.MultiRegionKeyType).toBe('PRIMARY');
  });

  it('rotates a key once at start where its NextKeyRotation is past', async () => {
    const index = async (rotation: string) => {
      const kms = await startKms({ seed: seedFile(aesKey(`        NextKeyRotation: ${rotation}\n`)) });
      const blob = kms.wrap('payroll', plaintext);
      return blob.readUInt32LE(1 + blob.readUInt8(0));
    };
    expect(await index('2020-01-31T00:00:00Z')).toBe(1);
    expect(await index('2999-01-31T00:00:00Z')).toBe(0);
  });

  it('may hold an external key whose material is still to be imported', async () => {
    const external = { Metadata: { KeyId: 'pending', Origin: 'EXTERNAL' as const }, BackingKeys: [] };
    const kms = await startKms({ seed: { Keys: [external] } });
    const encrypted = clientOf(kms).send(new EncryptCommand({ KeyId: 'pending', Plaintext: plaintext }));
    await expect(encrypted).rejects.toMatchObject({
      name: 'KMSInvalidStateException',
      message: expect.stringContaining('is pending import'),
    });
    expect(() => kms.wrap('pending', plaintext)).toThrow(expect.objectContaining({ name: 'KMSInvalidStateException' }));
    expect(() => kms.rotateKey('pending')).toThrow(expect.objectContaining({ name: 'KMSInvalidStateException' }));
  });
});

describe('a bad seed', () => {
  it.each([
    ['no YAML', 'Keys: [', /is not YAML/],
    ['a name twice', `${aesKey()}${aesKey()}`, /is not YAML/],
    ['nothing', '', /expected a mapping/],
    ['no Keys', 'Aliases: []', /Keys: expected a mapping/],
    ['a key without Metadata', 'Keys:\n  - BackingKeys: []', /Keys, 1, Metadata: expected a mapping/],
    ['a key id with a slash', aesKey().replace('payroll', 'key/payroll'), /KeyId: expected a key id/],
    ['a backing key of 31 bytes', aesKey().replace(hex, hex.slice(2)), /BackingKeys, 1: expected 32 bytes/],
    ['a backing key that is not hexadecimal', aesKey().replace('a1', 'zz'), /BackingKeys, 1: expected 32 bytes/],
    [
      'backing keys that are no list',
      aesKey().replace(`\n          - ${hex}`, ` ${hex}`),
      /BackingKeys: expected a list/,
    ],
    ['no backing key', aesKey().replace(`\n          - ${hex}`, ''), /expected at least one backing key/],
    [
      'an unknown origin',
      aesKey().replace('KeyId: payroll', 'KeyId: payroll\n          Origin: MARS'),
      /Origin: expected/,
    ],
    ['a rotation that is no date', aesKey('        NextKeyRotation: soon\n'), /NextKeyRotation: expected a date/],
    [
      'an alias of no key',
      `${aesKey()}Aliases:\n  - AliasName: alias/a\n    TargetKeyId: nobody`,
      /TargetKeyId: expected/,
    ],
    [
      'an alias without alias/',
      `${aesKey()}Aliases:\n  - AliasName: a\n    TargetKeyId: payroll`,
      /AliasName: expected/,
    ],
    ['asymmetric keys', `${aesKey()}  Asymmetric:\n    Rsa: []`, /Asymmetric: expected absent/],
    ['MAC keys', 'Keys:\n  Symmetric:\n    Hmac:\n      - Metadata: {}', /Hmac: expected absent/],
    [
      'an alias that AWS keeps',
      `${aesKey()}Aliases:\n  - AliasName: alias/aws/s3\n    TargetKeyId: payroll`,
      /reserved/,
    ],
  ])('with %s is refused with the place and what was expected', async (_, text, expected) => {
    const path = seedFile(text);
    const error = await failure(path);
    expect(error).toMatchObject({ code: 'SEED', message: expect.stringMatching(expected) });
    expect(error.message).toContain('Seed');
  });

  it('is refused where a key comes twice or an external one has two backing keys', async () => {
    const key = { Metadata: { KeyId: 'payroll' }, BackingKeys: [hex] };
    expect(await failure({ Keys: [key, key] })).toMatchObject({ code: 'SEED', message: /already exists/ });
    const external = { Metadata: { KeyId: 'payroll', Origin: 'EXTERNAL' as const }, BackingKeys: [hex, hex] };
    expect(await failure({ Keys: [external] })).toMatchObject({ code: 'SEED', message: /at most one/ });
  });

  it('is refused where the file cannot be read', async () => {
    const error = await failure(join(folder, 'absent.yaml'));
    expect(error).toMatchObject({ code: 'SEED', cause: { code: 'ENOENT' } });
  });

  it('is never quoted: an error holds no key material', async () => {
    const secret = 'c0ffee'.repeat(11);
    for (const text of [aesKey().replace(hex, secret), `Keys: [\n  ${secret}: {{`]) {
      const error = await failure(seedFile(text));
      expect(`${error.stack} ${String(error.cause)}`).not.toContain(secret.slice(0, 12));
    }
  });
});
