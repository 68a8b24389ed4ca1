/// <reference types="node" preserve="true" />
import { generateBytes, SqlcrypterError } from '@sqlcrypter/core';
import {
  DataKey,
  haveSameFacts,
  type KeyFacts,
  type KeyPurpose,
  type KeyRecord,
  type KeyStore,
  type KeyWrap,
} from '@sqlcrypter/core/provider';
import { type LineFacts, LineKey } from './line-key.js';
import { byFingerprint, type FoundRecords } from './look-up.js';
import { invalidRow, revoked } from './row-state.js';

const DEK_LENGTH = 32;
/** Steps from an empty line to a key: insert, activate, open; and as many again for races that are lost. */
const MAX_STEPS = 8;
/** Between attempts at a renewal in the background: doubling from the first to the last, jittered. */
const RETRY_FIRST = 1_000;
const RETRY_LAST = 60_000;

/** What distinguishes lines of branch keys from lines of data keys. */
export interface LineKind {
  readonly purpose: KeyPurpose;
  /** Milliseconds that a key of the line is written with. */
  readonly lifetime: number;
  open(record: KeyRecord, found: FoundRecords): Promise<{ readonly facts: LineFacts; readonly dataKey: DataKey }>;
  wrap(plaintext: Uint8Array, facts: KeyFacts): Promise<readonly KeyWrap[]>;
}

/** What all lines of a crypterer share. */
export interface LineSettings {
  readonly store: KeyStore;
  /** Milliseconds from the making of a key until it is written with, while there is another. */
  readonly grace: number;
  readonly limits: { readonly maxValues: number; readonly maxBytes: number };
}

/**
 * The keys of one purpose and scope: the one to write with, and the next one that is made ahead of time and waits until
 * every process has had time to load it. Rows say which these are; how long they may be used says what their wraps are
 * bound to.
 */
export class KeyLine {
  readonly #settings: LineSettings;
  readonly #kind: LineKind;
  readonly #scope: string;
  #current: LineKey | undefined;
  #next: LineKey | undefined;
  /** The key in use is pending in the table: it is made active, in place of that one, when its time has come. */
  #pending: { readonly key: LineKey; readonly replaces: Buffer | undefined } | undefined;
  #renewing: Promise<void> | undefined;
  #failures = 0;
  /** By the monotonic clock. */
  #retryAt = 0;

  constructor(settings: LineSettings, kind: LineKind, scope: string) {
    this.#settings = settings;
    this.#kind = kind;
    this.#scope = scope;
  }

  get current(): LineKey | undefined {
    return this.#current;
  }

  /** What the keys that it writes with, now and next, are bound to. */
  get facts(): LineFacts[] {
    return [this.#current, this.#next].flatMap((key) => key?.facts ?? []);
  }

  /** Whether it is worth asking for a pending key that another process made. */
  get mayHaveNext(): boolean {
    return this.#next === undefined && this.#current?.mayBeReplaced === true;
  }

  get isReady(): boolean {
    this.#advance();
    return this.#current !== undefined && !this.#current.isExpired;
  }

  /** A key to encrypt under, at once. Errors: `KEY_NOT_LOADED`, `DEK_EXHAUSTED`. */
  takeSync(): LineKey {
    this.#advance();
    const key = this.#current;
    if (key === undefined) {
      const scope = this.#scope === '' ? '' : ' in this scope';
      throw new SqlcrypterError(
        'KEY_NOT_LOADED',
        `There is no data key to encrypt with${scope} yet. Await one encrypt()${scope} first.`,
      );
    }
    if (key.isExpired) {
      this.#renewInBackground();
      throw exhausted();
    }
    if (this.#next === undefined && key.isDue) this.#renewInBackground();
    return key;
  }

  /** A key to encrypt under, as soon as there is one. Errors: `KEY_DESTROYED`, and what making one ended in. */
  async take(): Promise<LineKey> {
    for (let time = 0; !this.isReady; time++) {
      if (time === MAX_STEPS) throw exhausted();
      const spent = this.#current;
      try {
        await this.#renew();
      } catch (error) {
        if (spent === undefined || !SqlcrypterError.is(error) || error.code === 'DISPOSED') throw error;
        if (error.code === 'KEY_DESTROYED') throw error;
        throw exhausted(error);
      }
    }
    return this.takeSync();
  }

  /** A pending key that was seen in the table. Loads it, so that it is there when its time comes. */
  async see(record: KeyRecord, found: FoundRecords): Promise<void> {
    const { fingerprint } = record;
    if (this.#current === undefined || this.#next?.facts.fingerprint.equals(fingerprint)) return;
    if (this.#current.facts.fingerprint.equals(fingerprint)) return;
    const next = await this.#open(record, found);
    if (comesInTime(next, this.#current)) this.#next = next;
  }

  /** Gives up keys that must not be used any more. */
  drop(isRevoked: (facts: LineFacts) => boolean): void {
    if (this.#current !== undefined && isRevoked(this.#current.facts)) this.#current = undefined;
    if (this.#next !== undefined && isRevoked(this.#next.facts)) this.#next = undefined;
    if (this.#pending !== undefined && isRevoked(this.#pending.key.facts)) this.#pending = undefined;
  }

  /** Goes over to the next key when its time has come, or when there is no other. */
  #advance(): void {
    const [current, next] = [this.#current, this.#next];
    if (next !== undefined && (this.#isRipe(next) || current === undefined || current.isExpired)) {
      this.#next = undefined;
      if (!next.isUsable) return;
      this.#current = next;
      if (this.#pending?.key !== next) this.#pending = { key: next, replaces: current?.facts.fingerprint };
    }
    // Not before, also where there is no other key: as long as it is pending nobody else stores a key in this line.
    if (this.#pending === undefined || !this.#isRipe(this.#pending.key)) return;
    const { key, replaces } = this.#pending;
    this.#pending = undefined;
    this.#settings.store.activate(key.facts.fingerprint, replaces, Date.now()).catch(() => {
      // Another process does it, or the next one that looks at the line.
    });
  }

  #isRipe(key: LineKey): boolean {
    return key.now >= key.facts.created + this.#settings.grace;
  }

  #renewInBackground(): void {
    if (this.#renewing !== undefined || performance.now() < this.#retryAt) return;
    this.#renew().catch(() => {
      // Whoever needs a key and has none gets the error from a call of its own.
    });
  }

  #renew(): Promise<void> {
    this.#renewing ??= this.#settle()
      .catch((error) => {
        this.#backOff();
        throw error;
      })
      .finally(() => {
        this.#renewing = undefined;
      });
    return this.#renewing;
  }

  /** Brings the line, step by step, to where it has a key to write with, and the next one if that is due. */
  async #settle(): Promise<void> {
    const { store } = this.#settings;
    for (let step = 0; step < MAX_STEPS; step++) {
      const found = byFingerprint(await store.findLine(this.#kind.purpose, this.#scope));
      const line = [...found.values()].filter(
        ({ purpose, scope }) => purpose === this.#kind.purpose && scope === this.#scope,
      );
      const gone = line.find(({ state }) => state === 'destroyed');
      if (gone !== undefined && this.#kind.purpose === 'data')
        throw revoked(gone.fingerprint.toString('hex'), 'destroyed');
      const active = line.find(({ state }) => state === 'active');
      const pending = line.find(({ state }) => state === 'pending');

      const key = active && Date.now() < active.expires ? await this.#open(active, found) : undefined;
      if (key?.isUsable) {
        this.#current = key;
        this.#pending = undefined;
        if (pending !== undefined) {
          if (await this.#prepareNext(key, pending, found)) return;
          await store.activate(pending.fingerprint, active?.fingerprint, Date.now());
        } else if (!key.isDue) {
          this.#next = undefined;
          this.#failures = 0;
          return;
        } else if (!(await this.#tryInsert(active))) {
          // There is a key to go on with, so a failure to make the next one is nobody's.
          return;
        }
      } else if (pending !== undefined) {
        const next = await this.#open(pending, found);
        if (next.isUsable) {
          // In use already: the one after it is made once this one is active.
          if (next === this.#current) return this.#backOff();
          // Nobody can wait for the grace: there is nothing else to write with.
          this.#next = next;
          this.#pending = { key: next, replaces: active?.fingerprint };
          this.#failures = 0;
          return;
        }
        // Made long ago, and the whole fleet stood still, or by a clock far ahead: out of the way of the next one.
        await store.activate(pending.fingerprint, active?.fingerprint, Date.now());
      } else {
        await this.#insert(active);
      }
    }
    throw exhausted();
  }

  /**
   * Loads the pending key. One that has expired already, or does not open, is not waited for without end. False for one
   * whose time comes after this key's end: a clock far ahead made it.
   */
  async #prepareNext(current: LineKey, pending: KeyRecord, found: FoundRecords): Promise<boolean> {
    const next = await this.#open(pending, found).catch(() => undefined);
    if (next !== undefined && !next.isExpired && !comesInTime(next, current)) return !current.isDue;
    if (next?.isExpired !== false) {
      this.#backOff();
      return true;
    }
    this.#next = next;
    this.#failures = 0;
    return true;
  }

  async #tryInsert(active: KeyRecord | undefined): Promise<boolean> {
    try {
      await this.#insert(active);
      return true;
    } catch {
      this.#backOff();
      return false;
    }
  }

  #backOff(): void {
    const pause = Math.min(RETRY_LAST, RETRY_FIRST * 2 ** this.#failures);
    this.#failures += 1;
    this.#retryAt = performance.now() + pause * (0.5 + Math.random() / 2);
  }

  async #open(record: KeyRecord, found: FoundRecords): Promise<LineKey> {
    const { fingerprint } = record;
    const known = [this.#current, this.#next].find((key) => key?.facts.fingerprint.equals(fingerprint));
    // Whatever the row says by now: it is not written with any more.
    if (known?.isExpired) return known;
    const { facts, dataKey } = known ?? (await this.#kind.open(record, found));
    const isOfLine = facts.purpose === this.#kind.purpose && facts.scope === this.#scope;
    if (!isOfLine || !haveSameFacts(facts, record)) throw invalidRow(fingerprint, 'other facts');
    return known ?? new LineKey(facts, dataKey, this.#settings.limits);
  }

  /** Makes a key and stores it, unless another process was faster. Either way the table tells what to go on with. */
  async #insert(active: KeyRecord | undefined): Promise<void> {
    const plaintext = generateBytes(DEK_LENGTH);
    try {
      const { fingerprint } = new DataKey(plaintext);
      const { purpose, lifetime } = this.#kind;
      const created = Date.now();
      const facts: KeyFacts = { fingerprint, purpose, scope: this.#scope, created, expires: created + lifetime };
      const wraps = await this.#kind.wrap(plaintext, facts);
      await this.#settings.store.insertPending({ ...facts, wraps }, active?.fingerprint);
    } finally {
      plaintext.fill(0);
    }
  }
}

/** Whether a key may be written with by the end of the one before it. */
function comesInTime(next: LineKey, current: LineKey | undefined): boolean {
  return next.isUsable || (current !== undefined && next.facts.created < current.facts.expires);
}

function exhausted(reason?: SqlcrypterError): SqlcrypterError {
  const why = reason === undefined ? 'a new one is being made' : `a new one could not be had (${reason.code})`;
  return new SqlcrypterError(
    'DEK_EXHAUSTED',
    `The data key has expired, and ${why}. Nothing was encrypted. Try again; if it stays so, see why the KMS or the key ` +
      "table does not answer, and whether this machine's clock is right.",
    { cause: reason && { name: reason.code } },
  );
}
