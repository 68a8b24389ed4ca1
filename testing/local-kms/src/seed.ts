import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { ALIAS_NAME, KEY_ID } from './arn.js';
import { LocalKmsError } from './local-kms-error.js';
import type { SeedAlias } from './seed-object.js';
import { isAbsent, SeedPath } from './seed-path.js';

/** A seed that was checked, in one form. */
export interface Seed {
  readonly keys: readonly CheckedSeedKey[];
  readonly aliases: readonly SeedAlias[];
}

interface CheckedSeedKey {
  readonly keyId: string;
  readonly description: string;
  readonly origin: 'AWS_KMS' | 'EXTERNAL';
  readonly backingKeys: Buffer[];
  readonly rotationIsDue: boolean;
}

/** Reads a seed from a YAML file. @throws LocalKmsError SEED */
export async function readSeed(path: string): Promise<Seed> {
  return checkSeed(parseYaml(await readText(path), path), path);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const message = `Seed ${path} cannot be read. Expected a YAML file; check the path and its permissions.`;
    throw new LocalKmsError('SEED', message, { cause });
  }
}

/** All scalars stay text: a backing key of digits only must not become a number. */
function parseYaml(text: string, path: string): unknown {
  try {
    return parse(text, { schema: 'failsafe', logLevel: 'error' });
  } catch {
    // The parser's own message quotes lines of the file, and with them keys.
    throw new LocalKmsError('SEED', `Seed ${path} is not YAML. Check its indentation and that no name appears twice.`);
  }
}

/** Checks a seed's form. `origin` says in errors where it came from. @throws LocalKmsError SEED */
export function checkSeed(value: unknown, origin = 'object'): Seed {
  const at = new SeedPath(`Seed ${origin}`);
  const root = at.record(value);
  const keys = aesKeys(root.Keys, at.to('Keys')).map(([key, path]) => checkKey(key, path));
  const aliases = at
    .to('Aliases')
    .list(root.Aliases)
    .map(([alias, path]) => checkAlias(alias, path, keys));
  return { keys, aliases };
}

function aesKeys(keys: unknown, at: SeedPath): [unknown, SeedPath][] {
  if (Array.isArray(keys)) return at.list(keys);
  const groups = at.record(keys);
  if (!isAbsent(groups.Asymmetric)) throw at.to('Asymmetric').expected('absent: only symmetric AES keys are served');
  const symmetricAt = at.to('Symmetric');
  const symmetric = symmetricAt.record(groups.Symmetric);
  if (!isAbsent(symmetric.Hmac)) throw symmetricAt.to('Hmac').expected('absent: only symmetric AES keys are served');
  return symmetricAt.to('Aes').list(symmetric.Aes);
}

function checkKey(value: unknown, at: SeedPath): CheckedSeedKey {
  const key = at.record(value);
  const metadataAt = at.to('Metadata');
  const metadata = metadataAt.record(key.Metadata);
  const origin = metadataAt.to('Origin').text(metadata.Origin, 'AWS_KMS');
  if (origin !== 'AWS_KMS' && origin !== 'EXTERNAL') throw metadataAt.to('Origin').expected('AWS_KMS or EXTERNAL');
  return {
    keyId: metadataAt.to('KeyId').matching(metadata.KeyId, KEY_ID, 'a key id of letters, digits, - and _'),
    description: metadataAt.to('Description').text(metadata.Description, ''),
    origin,
    backingKeys: checkBackingKeys(key.BackingKeys, at.to('BackingKeys'), origin),
    rotationIsDue: isPast(key.NextKeyRotation, at.to('NextKeyRotation')),
  };
}

function checkBackingKeys(value: unknown, at: SeedPath, origin: string): Buffer[] {
  const keys = at.list(value).map(([key, path]) => {
    const hex = path.matching(key, /^[0-9a-fA-F]{64}$/, '32 bytes as 64 hexadecimal digits');
    return Buffer.from(hex, 'hex');
  });
  if (origin === 'EXTERNAL' && keys.length > 1) throw at.expected('at most one backing key, as Origin is EXTERNAL');
  if (origin !== 'EXTERNAL' && keys.length === 0) throw at.expected('at least one backing key');
  return keys;
}

function checkAlias(value: unknown, at: SeedPath, keys: readonly CheckedSeedKey[]): SeedAlias {
  const alias = at.record(value);
  const TargetKeyId = at.to('TargetKeyId').text(alias.TargetKeyId);
  const target = keys.find((key) => key.keyId === TargetKeyId);
  if (!target) throw at.to('TargetKeyId').expected('the KeyId of a key of this seed');
  const AliasName = at.to('AliasName').matching(alias.AliasName, ALIAS_NAME, 'alias/ and a name');
  return { AliasName, TargetKeyId };
}

function isPast(value: unknown, at: SeedPath): boolean {
  if (isAbsent(value)) return false;
  const time = Date.parse(at.text(value));
  if (Number.isNaN(time)) throw at.expected('a date such as 2026-01-31T00:00:00Z');
  return time < Date.now();
}
