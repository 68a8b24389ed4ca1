import { randomBytes, randomUUID } from 'node:crypto';
import { AliasTable } from './alias-table.js';
import { formatArn, keyIdOf, parseArn } from './arn.js';
import { AwsError, notFound } from './aws-error.js';
import type { KmsKey } from './kms-key.js';

/** What a new key may be given; the rest is chosen. */
export interface NewKey {
  readonly region: string;
  readonly keyId?: string | undefined;
  readonly description?: string | undefined;
  readonly origin?: KmsKey['origin'];
  readonly multiRegion?: boolean | undefined;
  readonly backingKeys?: Buffer[];
}

/** All keys and aliases of one account, by Region. */
export class KeyStore {
  readonly accountId: string;
  readonly aliases: AliasTable;
  readonly #keys = new Map<string, KmsKey>();

  constructor(accountId: string) {
    this.accountId = accountId;
    this.aliases = new AliasTable(accountId);
  }

  /** Ids of multi-Region keys, and only those, begin with mrk-. */
  add(spec: NewKey): KmsKey {
    const keyId = spec.keyId ?? randomKeyId(spec.multiRegion ?? false);
    const multiRegion = keyId.startsWith('mrk-');
    if (multiRegion && this.family(keyId).length > 0) throw alreadyExists(keyId);
    const backingKeys = spec.backingKeys ?? [randomBytes(32)];
    return this.#insert({
      keyId,
      region: spec.region,
      description: spec.description ?? '',
      origin: spec.origin ?? 'AWS_KMS',
      multiRegion: multiRegion ? 'PRIMARY' : undefined,
      material: { backingKeys },
      state: backingKeys.length === 0 ? 'PendingImport' : 'Enabled',
    });
  }

  /** A replica: the same id and material under the ARN of another Region. */
  addReplica(primary: KmsKey, region: string, description: string): KmsKey {
    const { keyId, origin, material } = primary;
    return this.#insert({ keyId, origin, material, region, description, multiRegion: 'REPLICA', state: 'Enabled' });
  }

  /** The key that an id, an ARN, an alias or the ARN of an alias names in a Region. */
  find(region: string, identifier: string): KmsKey {
    const resource = this.#resourceIn(region, identifier);
    return this.#get(region, resource.startsWith('alias/') ? this.aliases.target(region, resource) : resource);
  }

  /** As {@link find}, for the operations that take no alias. */
  findByKeyId(region: string, identifier: string): KmsKey {
    const resource = this.#resourceIn(region, identifier);
    if (resource.startsWith('alias/')) {
      throw identifier.startsWith('arn:')
        ? new AwsError('InvalidArnException', `${identifier} is not a valid key ARN`)
        : notFound(`Invalid keyId '${identifier}'`);
    }
    return this.#get(region, resource);
  }

  /** The key of a Region that can decrypt what the named key encrypted: itself, or its multi-Region relative. */
  findRelative(region: string, keyArn: string): KmsKey | undefined {
    const own = this.#keys.get(keyArn);
    if (own?.region === region) return own;
    const arn = parseArn(keyArn);
    const keyId = arn && keyIdOf(arn);
    if (!arn || arn.accountId !== this.accountId || !keyId?.startsWith('mrk-')) return undefined;
    return this.#keys.get(formatArn({ ...arn, region }));
  }

  /** The multi-Region keys of an id, the primary first. */
  family(keyId: string): KmsKey[] {
    const members = [...this.#keys.values()].filter((key) => key.keyId === keyId);
    return members.sort((a, b) => Number(b.multiRegion === 'PRIMARY') - Number(a.multiRegion === 'PRIMARY'));
  }

  /** `alias/<name>` or a bare key id; an ARN must be of this account and Region. */
  #resourceIn(region: string, identifier: string): string {
    if (!identifier.startsWith('arn:')) return identifier;
    const arn = parseArn(identifier);
    if (!arn) throw notFound(`Invalid arn ${identifier}`);
    if (arn.region !== region) throw notFound(`Invalid arn ${arn.region}`);
    if (arn.accountId !== this.accountId) throw notFound(`Invalid arn ${identifier}`);
    return keyIdOf(arn) ?? arn.resource;
  }

  #get(region: string, keyId: string): KmsKey {
    const arn = this.#keyArn(region, keyId);
    const key = this.#keys.get(arn);
    if (!key) throw notFound(`Key '${arn}' does not exist`);
    return key;
  }

  #keyArn(region: string, keyId: string): string {
    return formatArn({ region, accountId: this.accountId, resource: `key/${keyId}` });
  }

  #insert(key: Omit<KmsKey, 'arn' | 'accountId' | 'created'>): KmsKey {
    const arn = this.#keyArn(key.region, key.keyId);
    if (this.#keys.has(arn)) throw alreadyExists(arn);
    const inserted: KmsKey = { ...key, arn, accountId: this.accountId, created: new Date() };
    this.#keys.set(arn, inserted);
    return inserted;
  }
}

function randomKeyId(multiRegion: boolean): string {
  return multiRegion ? `mrk-${randomBytes(16).toString('hex')}` : randomUUID();
}

function alreadyExists(key: string): AwsError {
  return new AwsError('AlreadyExistsException', `Key '${key}' already exists`);
}
