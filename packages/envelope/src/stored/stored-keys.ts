/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';
import {
  DataKey,
  type DerivedKeyCache,
  encodeOwnContext,
  haveSameFacts,
  type KeyFacts,
  type KeyRecord,
  type KeyWrap,
  parseFrame,
} from '@sqlcrypter/core/provider';
import type { CallBudget } from '../call-budget.js';
import { type CachedKey, type DataKeyCache, type StoredFacts, storedName } from '../data-key-cache.js';
import { keyCommitment, type NegativeCache } from '../negative-cache.js';
import { decisiveOf } from '../revocation.js';
import { SharedWork } from '../shared-work.js';
import type { BranchKey, BranchKeys } from './branch-keys.js';
import type { FoundRecords, LookUp } from './look-up.js';
import type { RevokedKeys } from './revoked-keys.js';
import { BRANCH_PROVIDER, bindingOf } from './row-binding.js';
import { invalidRow, refuseUnusable, unknownKey } from './row-state.js';

/** Keys that are watched between two checks. A replica is asked for no others. */
const MAX_WATCHED = 10_000;

/** Where keys are looked up: anywhere, and where there is a replica that may answer there, on the primary alone. */
export interface LookUps {
  readonly anywhere: LookUp;
  readonly onPrimary: LookUp | undefined;
}

/** One load of a key, which may take several looks at tables and several calls. */
interface Load {
  /** Of {@link RevokedKeys}, when the load began. */
  readonly turn: number;
  readonly budget: CallBudget;
  /** Fires when nobody waits for the key any more. */
  readonly signal: AbortSignal | undefined;
}

/** A data key of the key table, in memory. */
export type StoredKey = CachedKey & { readonly stored: StoredFacts };

/**
 * Data keys of the key table: known failures, a look-up for the same key under way, one look at the table, the branch
 * key. The KMS is asked for branch keys only, so a value with an unknown fingerprint never reaches it.
 */
export class StoredKeys {
  readonly #lookUps: LookUps;
  readonly #revoked: RevokedKeys;
  readonly #branches: BranchKeys;
  readonly #cache: DataKeyCache;
  readonly #negative: NegativeCache;
  readonly #derivedKeys: DerivedKeyCache;
  readonly #refuseIfClosed: () => void;
  readonly #underWay = new Map<string, SharedWork<StoredKey>>();
  /** By fingerprint in hex: what is loaded, or was since the last check and may be in no cache by the next. */
  readonly #watched = new Map<string, Buffer>();

  constructor(
    lookUps: LookUps,
    revoked: RevokedKeys,
    branches: BranchKeys,
    cache: DataKeyCache,
    negative: NegativeCache,
    derivedKeys: DerivedKeyCache,
    refuseIfClosed: () => void,
  ) {
    this.#lookUps = lookUps;
    this.#revoked = revoked;
    this.#branches = branches;
    this.#cache = cache;
    this.#negative = negative;
    this.#derivedKeys = derivedKeys;
    this.#refuseIfClosed = refuseIfClosed;
  }

  /** The key that a value names. Errors: `KEY_…`, `KEY_STORE_UNAVAILABLE`, and those of the KMS for its branch key. */
  async load(fingerprint: Buffer, signal?: AbortSignal): Promise<StoredKey> {
    const name = storedName(fingerprint);
    const known = this.#underWay.get(name);
    const loading =
      known === undefined || known.isAbandoned
        ? new SharedWork((_begin, abandoned) => this.#load(fingerprint, abandoned))
        : known;
    this.#underWay.set(name, loading);
    const leave = loading.join(signal);
    try {
      return await loading.result;
    } finally {
      leave();
      if (this.#underWay.get(name) === loading) this.#underWay.delete(name);
    }
  }

  /** Keys that a check should ask for, though they may not be in memory any more. */
  get watched(): ReadonlyMap<string, Buffer> {
    return this.#watched;
  }

  /** The primary was asked for these keys. */
  unwatch(names: Iterable<string>): void {
    for (const name of names) this.#watched.delete(name);
  }

  /**
   * The key of a row that was read already. It is bound to what that row says, also if it is in memory already.
   *
   * @param load that this is a part of.
   */
  async open(record: KeyRecord, found: FoundRecords, load: Load = this.#begin()): Promise<StoredKey> {
    const name = storedName(record.fingerprint);
    refuseUnusable(record);
    const known = this.#cache.find(name);
    if (isProvenBy(known, record)) return known;
    const { wrap, branch } = await this.#branchOf(record, found, load);
    this.#refuseIfClosed();
    for (const each of [record.fingerprint.toString('hex'), wrap.keyId]) this.#revoked.refuseSince(load.turn, each);
    const dataKey = this.#unwrap(record, wrap, branch);
    const { fingerprint, purpose, scope, created, expires } = record;
    const facts = { fingerprint, purpose, scope, created, expires, branch: wrap.keyId };
    const added = this.#cache.add(name, wrap.wrapped, false, dataKey, facts);
    if (added.stored !== undefined && haveSameFacts(added.stored, record)) return added as StoredKey;
    throw invalidRow(fingerprint, 'other facts');
  }

  #begin(signal?: AbortSignal): Load {
    return { turn: this.#revoked.turn, budget: this.#branches.budget(), signal };
  }

  async #load(fingerprint: Buffer, signal: AbortSignal): Promise<StoredKey> {
    const wanted = {
      name: storedName(fingerprint),
      wrapped: Buffer.from(fingerprint),
      bare: false,
      fingerprints: [fingerprint],
    };
    const failure = this.#negative.failureOf(wanted);
    if (failure !== undefined) throw failure;
    const watched = fingerprint.toString('hex');
    if (this.#watched.size < MAX_WATCHED) this.#watched.set(watched, wanted.wrapped);
    try {
      return await this.#look(wanted.wrapped, signal);
    } catch (error) {
      this.#watched.delete(watched);
      this.#negative.rememberFailure(wanted, error);
      throw error;
    }
  }

  /** A replica may give the key, but it has not the last word on one that it does not give. */
  async #look(fingerprint: Buffer, signal: AbortSignal): Promise<StoredKey> {
    const name = fingerprint.toString('hex');
    this.#revoked.refuseDestroyed(name);
    const load = this.#begin(signal);
    const { anywhere, onPrimary } = this.#lookUps;
    if (onPrimary !== undefined && !this.#watched.has(name)) return this.#lookIn(onPrimary, fingerprint, load);
    let isThere = false;
    const isBelieved = (record: KeyRecord): boolean => {
      isThere = true;
      return onPrimary === undefined || !this.#revoked.concern(record);
    };
    try {
      return await this.#lookIn(anywhere, fingerprint, load, isBelieved);
    } catch (error) {
      if (onPrimary === undefined || !isThere || !mayBeOfRow(error)) throw error;
      return this.#lookIn(onPrimary, fingerprint, load);
    }
  }

  async #lookIn(
    lookUp: LookUp,
    fingerprint: Buffer,
    load: Load,
    isBelieved: (record: KeyRecord) => boolean = () => true,
  ): Promise<StoredKey> {
    const found = await lookUp.find(fingerprint);
    const record = found.get(fingerprint.toString('hex'));
    if (record === undefined || !isBelieved(record) || record.purpose !== 'data') throw unknownKey(fingerprint);
    return this.open(record, found, load);
  }

  async #branchOf(
    record: KeyRecord,
    found: FoundRecords,
    { budget, signal }: Load,
  ): Promise<{ readonly wrap: KeyWrap; readonly branch: BranchKey }> {
    const failures: SqlcrypterError[] = [];
    for (const wrap of record.wraps) {
      if (wrap.provider !== BRANCH_PROVIDER) continue;
      const known = this.#branches.find(wrap.keyId);
      if (known !== undefined) return { wrap, branch: known };
      const row = found.get(wrap.keyId);
      if (row?.purpose !== 'branch') continue;
      if (budget.isSpent) break;
      try {
        return { wrap, branch: await this.#branches.open(row, budget, signal) };
      } catch (error) {
        failures.push(error as SqlcrypterError);
      }
    }
    throw decisiveOf(failures) ?? invalidRow(record.fingerprint, 'no branch key');
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

/** Whether a key in memory was opened under the facts of this row, by a wrap that the row still has. */
function isProvenBy(known: CachedKey | undefined, record: KeyRecord): known is StoredKey {
  if (known?.stored === undefined || !haveSameFacts(known.stored, record)) return false;
  return record.wraps.some(({ provider, wrapped }) => provider === BRANCH_PROVIDER && wrapped.equals(known.wrapped));
}

/** Whether a look at another copy of the row may end otherwise. Of all that may pass, another call is to be made. */
function mayBeOfRow(error: unknown): boolean {
  return SqlcrypterError.is(error) && !error.retryable && error.code !== 'DISPOSED';
}

/** A wrap under a branch key is a frame that names it, bound to the row. Errors: `KMS_INVALID_BLOB`. */
function openWrap(record: KeyFacts, wrapped: Buffer, { dataKey }: BranchKey): Buffer {
  try {
    const { key, ...layout } = parseFrame(wrapped);
    if (key.kind !== 2 || !dataKey.hasFingerprint(key.fingerprint)) throw keyCommitment();
    return dataKey.open(wrapped, layout, encodeOwnContext(bindingOf(record)));
  } catch (error) {
    throw invalidRow(record.fingerprint, SqlcrypterError.is(error) ? error.code : 'unknown');
  }
}
