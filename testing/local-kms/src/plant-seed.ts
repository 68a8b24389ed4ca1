import { randomBytes } from 'node:crypto';
import { AwsError } from './aws-error.js';
import type { KeyStore } from './key-store.js';
import { LocalKmsError } from './local-kms-error.js';
import { checkSeed, readSeed, type Seed } from './seed.js';
import type { SeedObject } from './seed-object.js';

const DEFAULT_ALIAS = 'alias/sqlcrypter';

/**
 * Fills a new store with a seed's keys and aliases, or with one random key under the default alias.
 *
 * @throws LocalKmsError SEED
 */
export async function plantSeed(
  store: KeyStore,
  region: string,
  source: string | SeedObject | undefined,
): Promise<void> {
  if (source === undefined) {
    store.aliases.add(region, DEFAULT_ALIAS, store.add({ region }).keyId);
    return;
  }
  const seed: Seed = typeof source === 'string' ? await readSeed(source) : checkSeed(source);
  try {
    for (const { rotationIsDue, backingKeys, ...key } of seed.keys) {
      store.add({ ...key, region, backingKeys: rotationIsDue ? [...backingKeys, randomBytes(32)] : backingKeys });
    }
    for (const alias of seed.aliases) store.aliases.add(region, alias.AliasName, alias.TargetKeyId);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new LocalKmsError('SEED', `Seed: ${error.message}. Expected every key and every alias once.`);
  }
}
