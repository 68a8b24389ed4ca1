/// <reference types="node" preserve="true" />
import {
  checkScope,
  type DerivedKeyCache,
  encodeOwnContext,
  haveSameFacts,
  type KeyFacts,
  type KeyPurpose,
  type KeyStore,
  type KeyWrap,
} from '@sqlcrypter/core/provider';
import { LRUCache } from 'lru-cache';
import { Age } from '../age.js';
import { startTimer } from '../background-timer.js';
import type { DataKeyCache } from '../data-key-cache.js';
import type { DekEvents } from '../events.js';
import type { KmsCalls } from '../kms-calls.js';
import type { CheckedOptions } from '../options.js';
import type { Unwrapper } from '../unwrapper.js';
import { BranchKeys } from './branch-keys.js';
import { KeyLine, type LineKind, type LineSettings } from './key-line.js';
import type { LineFacts, LineKey } from './line-key.js';
import { byFingerprint, LookUp } from './look-up.js';
import { RevokedKeys } from './revoked-keys.js';
import { BRANCH_PROVIDER, bindingOf } from './row-binding.js';
import { isRevoked, lostRow } from './row-state.js';
import { type StoredKey, StoredKeys } from './stored-keys.js';

/** Scopes that a process can write in without a look at the table for each. */
const MAX_LINES = 10_000;
/** How long keys are used while the table does not answer, or read with while it does not have them. */
const MAX_STALE = 86_400_000;

/** The parts of an envelope crypterer that its key table shares. */
export interface EnvelopeParts {
  readonly options: CheckedOptions;
  readonly calls: KmsCalls;
  readonly cache: DataKeyCache;
  readonly unwrapper: Unwrapper;
  readonly derivedKeys: DerivedKeyCache;
  readonly events: DekEvents;
}

/** The side of an envelope crypterer that keeps its keys in a table. */
export class KeyTableEnvelope {
  readonly #store: KeyStore;
  readonly #parts: EnvelopeParts;
  readonly #branches: BranchKeys;
  readonly #revoked = new RevokedKeys();
  readonly #keys: StoredKeys;
  readonly #settings: LineSettings;
  readonly #branchLine: KeyLine;
  readonly #dataKind: LineKind;
  readonly #lines = new LRUCache<string, KeyLine>({ max: MAX_LINES });
  readonly #confirmed = new Age();
  /** By fingerprint in hex: keys in memory whose rows are gone, and since when that is known. */
  readonly #lost = new Map<string, Age>();
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> | undefined;
  #checkAfter: Promise<void> | undefined;
  #closed = false;

  constructor(store: KeyStore, parts: EnvelopeParts) {
    const { options, calls, cache, unwrapper, derivedKeys, events } = parts;
    const { dekLimits, storedKeys } = options;
    this.#store = store;
    this.#parts = parts;
    this.#branches = new BranchKeys(unwrapper, storedKeys.branchTtl);
    const told = () => events.tell('look-up');
    const lookUps = {
      anywhere: new LookUp(store, told),
      onPrimary: store.hasReplica === true ? new LookUp(store, told, true) : undefined,
    };
    this.#keys = new StoredKeys(lookUps, this.#revoked, this.#branches, cache, unwrapper.negative, derivedKeys, () =>
      calls.refuseIfClosed(),
    );
    this.#settings = { store, grace: storedKeys.grace, limits: dekLimits };
    const branchKind: LineKind = {
      purpose: 'branch',
      lifetime: storedKeys.branchLifetime,
      open: (record) => this.#branches.open(record),
      wrap: (plaintext, facts) => calls.wrapStored(plaintext, facts),
    };
    this.#branchLine = new KeyLine(this.#settings, branchKind, '');
    this.#dataKind = {
      purpose: 'data',
      lifetime: dekLimits.maxAge,
      open: async (record, found) => {
        const { stored, dataKey } = await this.#keys.open(record, found);
        // What is written under it is read by way of the branch key's row, by whoever does not have that key.
        const branch = found.get(stored.branch);
        if (branch === undefined) throw lostRow(stored.branch);
        await this.#branches.open(branch);
        return { facts: stored, dataKey };
      },
      wrap: (plaintext, facts) => this.#wrapByBranch(plaintext, facts),
    };
    this.#watch();
  }

  get branches(): number {
    return this.#branches.size;
  }

  /** The key that values without a scope are encrypted under, if it is loaded. */
  get current(): LineKey | undefined {
    return this.#lines.peek('')?.current;
  }

  isReady(scope: string | undefined): boolean {
    return this.#line(scope).isReady;
  }

  takeSync(scope: string | undefined): LineKey {
    return this.#line(scope).takeSync();
  }

  async take(scope: string | undefined): Promise<LineKey> {
    const key = await this.#line(scope).take();
    this.#parts.calls.refuseIfClosed();
    return key;
  }

  load(fingerprint: Buffer, signal?: AbortSignal): Promise<StoredKey> {
    return this.#keys.load(fingerprint, signal);
  }

  /**
   * Looks at the table once: drops what was disabled or destroyed, and loads the keys that are to be written with next.
   * One check at a time: a look that is under way may have come too early, so there is one more after it. Errors:
   * `KEY_STORE_UNAVAILABLE`, `KEY_NOT_FOUND` (the row of a key in memory is gone).
   */
  check(): Promise<void> {
    if (this.#checking === undefined) {
      this.#checking = this.#check().finally(() => {
        this.#checking = undefined;
      });
      return this.#checking;
    }
    const next = () => {
      this.#checkAfter = undefined;
      return this.check();
    };
    this.#checkAfter ??= this.#checking.then(next, next);
    return this.#checkAfter;
  }

  forget(): void {
    this.#branches.clear();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#branches.clear();
    this.#lines.clear();
  }

  #line(scope: string | undefined): KeyLine {
    const name = scope ?? '';
    let line = scope === '' ? undefined : this.#lines.get(name);
    if (line === undefined) {
      if (scope !== undefined) checkScope(scope);
      line = new KeyLine(this.#settings, this.#dataKind, name);
      this.#lines.set(name, line);
    }
    return line;
  }

  async #wrapByBranch(plaintext: Uint8Array, facts: KeyFacts): Promise<KeyWrap[]> {
    const { facts: branch, dataKey, header } = await this.#branchLine.take();
    const wrapped = dataKey.seal(plaintext, header, encodeOwnContext(bindingOf(facts)));
    return [{ provider: BRANCH_PROVIDER, keyId: branch.fingerprint.toString('hex'), wrapped }];
  }

  async #check(): Promise<void> {
    const held = this.#held();
    const watched = new Map(this.#keys.watched);
    const asked = new Map([...watched, ...[...held].map(([name, { fingerprint }]) => [name, fingerprint] as const)]);
    const rows = asked.size === 0 ? [] : await this.#store.findStatus([...asked.values()]);
    const changed: string[] = [];
    for (const row of rows) {
      const name = row.fingerprint.toString('hex');
      const facts = held.get(name);
      const isChanged = facts !== undefined && !haveSameFacts(facts, row);
      if (isRevoked(row.state)) this.#revoked.note(name, row.state);
      if (isRevoked(row.state) || isChanged) changed.push(name);
      held.delete(name);
    }
    this.#keys.unwatch(watched.keys());
    this.#drop(changed);
    this.#miss([...held.keys()]);
    this.#confirmed.restart();
    this.#drop(await this.#branches.refresh());
    if (this.#branchLine.mayHaveNext) await this.#seeNext('branch', ['']);
    const scopes = [...this.#lines.entries()].flatMap(([scope, line]) => (line.mayHaveNext ? [scope] : []));
    if (scopes.length > 0) await this.#seeNext('data', scopes);
    for (const name of this.#lost.keys()) throw lostRow(name);
  }

  /** What the keys in memory are bound to, by fingerprint in hex. */
  #held(): Map<string, KeyFacts> {
    const stored = [...this.#parts.cache.storedKeys()].map((key) => key.stored);
    const written = [this.#branchLine, ...this.#lines.values()].flatMap((line) => line.facts);
    const all = [...stored, ...written, ...this.#branches.facts];
    return new Map(all.map((facts) => [facts.fingerprint.toString('hex'), facts]));
  }

  /**
   * The rows of these keys are gone. That is no revocation: what is in memory may be the last of a key, and is read with
   * for a day more. But what is written under it now would be lost.
   */
  #miss(names: readonly string[]): void {
    const missing = new Set(names);
    for (const name of this.#lost.keys()) if (!missing.has(name)) this.#lost.delete(name);
    for (const name of names) {
      if (this.#lost.has(name)) continue;
      this.#lost.set(name, new Age());
      this.#parts.events.tell('lost');
    }
    this.#stopWriting(missing);
    this.#drop(names.filter((name) => (this.#lost.get(name)?.milliseconds ?? 0) > MAX_STALE));
  }

  /** Loads the keys that these lines will be written with next, if they are made. */
  async #seeNext(purpose: KeyPurpose, scopes: readonly string[]): Promise<void> {
    const found = byFingerprint(await this.#store.findPending(purpose, scopes));
    for (const record of found.values()) {
      if (record.purpose !== purpose || record.state !== 'pending' || this.#revoked.concern(record)) continue;
      const line = purpose === 'branch' ? this.#branchLine : this.#lines.peek(record.scope);
      await line?.see(record, found).catch(() => {
        // Its turn comes when the line has nothing else; then the failure is told.
      });
    }
  }

  /** Gives up keys, and what branch keys among them opened. */
  #drop(fingerprints: readonly string[]): void {
    if (fingerprints.length === 0) return;
    const dropped = new Set(fingerprints);
    for (const key of this.#parts.cache.storedKeys()) {
      if (!isAmong(dropped, key.stored)) continue;
      this.#parts.cache.evict(key);
      this.#parts.events.tell('evicted');
    }
    for (const fingerprint of fingerprints) this.#branches.drop(fingerprint);
    this.#stopWriting(dropped);
  }

  /** Writes no more with these keys, and with what branch keys among them opened. */
  #stopWriting(fingerprints: ReadonlySet<string>): void {
    for (const line of [this.#branchLine, ...this.#lines.values()]) line.drop((facts) => isAmong(fingerprints, facts));
  }

  /** Checks again and again. The timer keeps no process alive. */
  #watch(): void {
    const pause = this.#parts.options.storedKeys.revocationInterval * (0.9 + Math.random() / 10);
    this.#timer = startTimer(() => {
      this.check()
        .catch(() => {
          if (this.#confirmed.milliseconds > MAX_STALE) this.#dropAll();
        })
        .finally(() => {
          if (!this.#closed) this.#watch();
        });
    }, pause);
  }

  #dropAll(): void {
    this.#drop([...this.#held().keys()]);
  }
}

/** Whether a key, or the branch key that opened it, is one of these. */
function isAmong(fingerprints: ReadonlySet<string>, { fingerprint, branch }: LineFacts): boolean {
  return fingerprints.has(fingerprint.toString('hex')) || (branch !== undefined && fingerprints.has(branch));
}
