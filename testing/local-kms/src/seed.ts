import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { LocalKmsError } from './local-kms-error.js';

/** A key of a seed, in the form that nsmithuk/local-kms reads too. */
export interface SeedKey {
  readonly Metadata: {
    /** A UUID, or `mrk-…` for a multi-Region primary key. */
    readonly KeyId: string;
    readonly Description?: string;
    /** EXTERNAL: imported key material, at most one backing key; none means that the import is pending. */
    readonly Origin?: 'AWS_KMS' | 'EXTERNAL';
  };
  /** 32 bytes each, as 64 hexadecimal digits; the last one encrypts. */
  readonly BackingKeys: readonly string[];
  /** A date in the past adds one random backing key at start. */
  readonly NextKeyRotation?: string;
}

export interface SeedAlias {
  readonly AliasName: string;
  /** Id of a key of the same seed. */
  readonly TargetKeyId: string;
}

/** What a seed file holds. `Keys` as a plain list is the older form of the same. */
export interface SeedObject {
  readonly Keys: { readonly Symmetric: { readonly Aes: readonly SeedKey[] } } | readonly SeedKey[];
  readonly Aliases?: readonly SeedAlias[];
}

/** A seed that was checked, in one form. */
export interface Seed {
  readonly keys: readonly CheckedSeedKey[];
  readonly aliases: readonly SeedAlias[];
}

export interface CheckedSeedKey {
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
    return parse(text, { schema: 'failsafe' });
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
    keyId: metadataAt
      .to('KeyId')
      .matching(metadata.KeyId, /^[A-Za-z0-9-]{1,128}$/, 'a key id of letters, digits and -'),
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
  if (!keys.some((key) => key.keyId === TargetKeyId))
    throw at.to('TargetKeyId').expected('the KeyId of a key of this seed');
  return {
    AliasName: at.to('AliasName').matching(alias.AliasName, /^alias\/[a-zA-Z0-9/_-]+$/, 'alias/ and a name'),
    TargetKeyId,
  };
}

function isPast(value: unknown, at: SeedPath): boolean {
  if (isAbsent(value)) return false;
  const time = Date.parse(at.text(value));
  if (Number.isNaN(time)) throw at.expected('a date such as 2026-01-31T00:00:00Z');
  return time < Date.now();
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/** Where in a seed a value stands. Errors name the place and the expectation, never the value, which may be a key. */
class SeedPath {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  to(name: string): SeedPath {
    return new SeedPath(`${this.#path}, ${name}`);
  }

  expected(what: string): LocalKmsError {
    return new LocalKmsError('SEED', `${this.#path}: expected ${what}.`);
  }

  record(value: unknown): Record<string, unknown> {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    throw this.expected('a mapping');
  }

  /** The entries of a list with their places; none where the list is absent. */
  list(value: unknown): [unknown, SeedPath][] {
    if (isAbsent(value)) return [];
    if (!Array.isArray(value)) throw this.expected('a list');
    return value.map((entry, index) => [entry, this.to(String(index + 1))]);
  }

  text(value: unknown, fallback?: string): string {
    if (isAbsent(value) && fallback !== undefined) return fallback;
    if (typeof value === 'string' && value !== '') return value;
    throw this.expected('a text');
  }

  matching(value: unknown, pattern: RegExp, what: string): string {
    if (typeof value === 'string' && pattern.test(value)) return value;
    throw this.expected(what);
  }
}
