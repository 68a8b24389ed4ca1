/// <reference types="node" preserve="true" />
import { type DataKey, haveSameFacts, type KeyFacts, type KeyRecord } from '@sqlcrypter/core/provider';
import { Age } from '../age.js';
import type { CallBudget } from '../call-budget.js';
import { keyCommitment } from '../negative-cache.js';
import { isRevocation } from '../revocation.js';
import type { Unwrapper } from '../unwrapper.js';
import { bytesOfRow } from './row-binding.js';
import { refuseUnusable } from './row-state.js';

/** How long past its time to live a branch key may be used while the KMS does not answer. */
const MAX_STALE = 86_400_000;

/** A branch key in memory, with the facts that it was found to be bound to. */
export interface BranchKey {
  readonly facts: KeyFacts;
  readonly dataKey: DataKey;
}

interface Known extends BranchKey {
  readonly record: KeyRecord;
  readonly age: Age;
}

/**
 * The branch keys: each is unwrapped by the KMS once and opens any number of data keys. There are few of them, and only
 * genuine ones get in here, so none is evicted for space.
 */
export class BranchKeys {
  readonly #unwrapper: Unwrapper;
  readonly #ttl: number;
  readonly #known = new Map<string, Known>();

  constructor(unwrapper: Unwrapper, ttl: number) {
    this.#unwrapper = unwrapper;
    this.#ttl = ttl;
  }

  get size(): number {
    return this.#known.size;
  }

  /** What the keys in memory are bound to. */
  get facts(): KeyFacts[] {
    return [...this.#known.values()].map(({ facts }) => facts);
  }

  find(fingerprint: string): BranchKey | undefined {
    return this.#known.get(fingerprint);
  }

  /** What one load may cost, however many branch keys are tried. */
  budget(): CallBudget {
    return this.#unwrapper.budget();
  }

  /** The key of a row, from memory or by one call. Errors: as the KMS answers, `KEY_DESTROYED`, `KEY_COMMITMENT`. */
  async open(record: KeyRecord, budget?: CallBudget, signal?: AbortSignal): Promise<BranchKey> {
    const name = record.fingerprint.toString('hex');
    refuseUnusable(record);
    const proven = this.#provenBy(name, record);
    if (proven !== undefined) return proven;
    const accept = (dataKey: DataKey) => {
      const { fingerprint, purpose, scope, created, expires } = record;
      const facts = { fingerprint, purpose, scope, created, expires };
      const opened = this.#provenBy(name, record) ?? { facts, dataKey, record, age: new Age() };
      this.#known.set(name, opened);
      return opened;
    };
    return this.#unwrap(record, accept, budget, signal);
  }

  /** The key in memory, if it was opened under the facts of this row. Its wraps may be others by now: see `rewrap`. */
  #provenBy(name: string, record: KeyRecord): Known | undefined {
    const known = this.#known.get(name);
    return known !== undefined && haveSameFacts(known.facts, record) ? known : undefined;
  }

  drop(fingerprint: string): void {
    this.#known.delete(fingerprint);
  }

  clear(): void {
    this.#known.clear();
  }

  /** Asks the KMS again for keys past their time to live, and gives those that must not be used any more. */
  async refresh(): Promise<string[]> {
    const revoked: string[] = [];
    for (const [name, { record, age }] of this.#known) {
      if (age.milliseconds <= this.#ttl) continue;
      try {
        await this.#unwrap(record, () => age.restart());
      } catch (error) {
        if (isRevocation(error) || age.milliseconds > this.#ttl + MAX_STALE) revoked.push(name);
      }
    }
    for (const name of revoked) this.#known.delete(name);
    return revoked;
  }

  #unwrap<T>(
    record: KeyRecord,
    accept: (dataKey: DataKey) => T,
    budget?: CallBudget,
    signal?: AbortSignal,
  ): Promise<T> {
    const { fingerprint } = record;
    const wrapped = bytesOfRow(record);
    const name = `r${wrapped.toString('latin1')}`;
    const wanted = { name, wrapped, bare: false, fingerprints: [fingerprint], record };
    const check = (dataKey: DataKey) => {
      if (dataKey.hasFingerprint(fingerprint)) return accept(dataKey);
      this.#unwrapper.negative.rememberFingerprint(wanted, dataKey.fingerprint);
      throw keyCommitment();
    };
    return this.#unwrapper.unwrap(wanted, check, signal, budget);
  }
}
