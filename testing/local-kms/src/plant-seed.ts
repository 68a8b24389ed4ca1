import { randomBytes } from 'node:crypto';
import type { KeyStore } from './key-store.js';
import { checkSeed, readSeed, type Seed, type SeedObject } from './seed.js';

const DEFAULT_ALIAS = 'alias/sqlcrypter';

/** Fills a new store with a seed's keys and aliases, or with one random key under the default alias. */
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
  for (const { keyId, description, origin, backingKeys, rotationIsDue } of seed.keys) {
    const material = rotationIsDue ? [...backingKeys, randomBytes(32)] : backingKeys;
    store.add({ region, keyId, description, origin, backingKeys: material });
  }
  for (const alias of seed.aliases) store.aliases.add(region, alias.AliasName, alias.TargetKeyId);
}
