/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';
import {
  DataKey,
  type DerivedKeyCache,
  encodeContext,
  type KeyFacts,
  type KeyRecord,
  type KeyWrap,
  parseFrame,
} from '@sqlcrypter/core/provider';
import { type CachedKey, type DataKeyCache, type StoredFacts, storedName } from '../data-key-cache.js';
import { keyCommitment, type NegativeCache } from '../negative-cache.js';
import type { BranchKey, BranchKeys } from './branch-keys.js';
import type { FoundRecords, LookUp } from './look-up.js';
import { bindingOf } from './row-binding.js';
import { invalidRow, refuseUnusable, unknownKey } from './row-state.js';

/** The provider number of a wrap under a branch key. */
export const BRANCH_PROVIDER = 0;

/** A data key of the key table, in memory. */
export type StoredKey = CachedKey & { readonly stored: StoredFacts };

/**
 * Data keys of the key table: known failures, a look-up for the same key under way, one look at the table, the branch
 * key. The KMS is asked for branch keys only, so a value with an unknown fingerprint never reaches it.
 */
export class StoredKeys {
  readonly #lookUp: LookUp;
  readonly #branches: BranchKeys;
  readonly #cache: DataKeyCache;
  readonly #negative: NegativeCache;
  readonly #derivedKeys: DerivedKeyCache;
  readonly #refuseIfClosed: () => void;
  readonly #underWay = new Map<string, Promise<StoredKey>>();

  constructor(
    lookUp: LookUp,
    branches: BranchKeys,
    cache: DataKeyCache,
    negative: NegativeCache,
    derivedKeys: DerivedKeyCache,
    refuseIfClosed: () => void,
  ) {
    this.#lookUp = lookUp;
    this.#branches = branches;
    this.#cache = cache;
    this.#negative = negative;
    this.#derivedKeys = derivedKeys;
    this.#refuseIfClosed = refuseIfClosed;
  }

  /** The key that a value names. Errors: `KEY_…`, `KEY_STORE_UNAVAILABLE`, and those of the KMS for its branch key. */
  load(fingerprint: Buffer): Promise<StoredKey> {
    const name = storedName(fingerprint);
    let loading = this.#underWay.get(name);
    if (loading === undefined) {
      loading = this.#load(fingerprint).finally(() => this.#underWay.delete(name));
      this.#underWay.set(name, loading);
    }
    return loading;
  }

  /** The key of a row that was read already. What it is bound to is what counts, not what the row says. */
  async open(record: KeyRecord, found: FoundRecords): Promise<StoredKey> {
    const name = storedName(record.fingerprint);
    const known = this.#cache.find(name);
    if (known?.stored !== undefined) return known as StoredKey;
    refuseUnusable(record);
    const { wrap, branch } = await this.#branchOf(record, found);
    this.#refuseIfClosed();
    const dataKey = this.#unwrap(record, wrap, branch);
    const { fingerprint, purpose, scope, created, expires } = record;
    const facts = { fingerprint, purpose, scope, created, expires, branch: wrap.keyId };
    return this.#cache.add(name, wrap.wrapped, false, dataKey, facts) as StoredKey;
  }

  async #load(fingerprint: Buffer): Promise<StoredKey> {
    const wanted = {
      name: storedName(fingerprint),
      wrapped: Buffer.from(fingerprint),
      bare: false,
      fingerprints: [fingerprint],
    };
    const failure = this.#negative.failureOf(wanted);
    if (failure !== undefined) throw failure;
    try {
      const found = await this.#lookUp.find(wanted.wrapped);
      const record = found.get(fingerprint.toString('hex'));
      if (record?.purpose !== 'data') throw unknownKey(fingerprint);
      return await this.open(record, found);
    } catch (error) {
      this.#negative.rememberFailure(wanted, error);
      throw error;
    }
  }

  async #branchOf(
    record: KeyRecord,
    found: FoundRecords,
  ): Promise<{ readonly wrap: KeyWrap; readonly branch: BranchKey }> {
    let failure: unknown = invalidRow(record.fingerprint, 'no branch key');
    for (const wrap of record.wraps) {
      if (wrap.provider !== BRANCH_PROVIDER) continue;
      const known = this.#branches.find(wrap.keyId);
      if (known !== undefined) return { wrap, branch: known };
      const row = found.get(wrap.keyId);
      if (row?.purpose !== 'branch') continue;
      try {
        return { wrap, branch: await this.#branches.open(row) };
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  #unwrap(record: KeyFacts, { wrapped }: KeyWrap, branch: BranchKey): DataKey {
    const plaintext = openWrap(record, wrapped, branch);
    try {
      const dataKey = new DataKey(plaintext, this.#derivedKeys);
      if (dataKey.hasFingerprint(record.fingerprint)) return dataKey;
      throw keyCommitment();
    } finally {
      plaintext.fill(0);
    }
  }
}

/** A wrap under a branch key is a frame that names it, bound to the row. Errors: `KMS_INVALID_BLOB`. */
function openWrap(record: KeyFacts, wrapped: Buffer, { dataKey }: BranchKey): Buffer {
  try {
    const { key, ...layout } = parseFrame(wrapped);
    if (key.kind !== 2 || !dataKey.hasFingerprint(key.fingerprint)) throw keyCommitment();
    return dataKey.open(wrapped, layout, encodeContext(bindingOf(record)));
  } catch (error) {
    throw invalidRow(record.fingerprint, SqlcrypterError.is(error) ? error.code : 'unknown');
  }
}
