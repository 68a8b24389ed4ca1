/// <reference types="node" preserve="true" />
import { type DataKey, encodeFrameHeader, type KeyFacts } from '@sqlcrypter/core/provider';
import type { DekLimits } from '../options.js';

/** Where between these shares of its life the next key is made: spread, so that a fleet does not do so at once. */
const RENEW_FROM = 0.7;
const RENEW_SPREAD = 0.2;
/** By how much the clock that a key was made by may be ahead of this one: a share of its life, and most milliseconds. */
const SKEW_SHARE = 0.1;
const MAX_SKEW = 900_000;

/** What a key to write with was found to be bound to, and for a data key the branch key that opened it. */
export interface LineFacts extends KeyFacts {
  readonly branch?: string;
}

/** A stored key to write with, as far as the facts allow that it is bound to. */
export class LineKey {
  readonly facts: LineFacts;
  readonly dataKey: DataKey;
  /** The bytes before the nonce of everything that is encrypted under it. */
  readonly header: Buffer;
  readonly #limits: Pick<Required<DekLimits>, 'maxValues' | 'maxBytes'>;
  readonly #dueAt: number;
  readonly #loaded = Date.now();
  readonly #loadedMonotonic = performance.now();

  constructor(facts: LineFacts, dataKey: DataKey, limits: Pick<Required<DekLimits>, 'maxValues' | 'maxBytes'>) {
    const { fingerprint, created, expires } = facts;
    this.facts = facts;
    this.dataKey = dataKey;
    this.header = encodeFrameHeader('xaes-256-gcm', { kind: 2, fingerprint });
    this.#limits = limits;
    this.#dueAt = created + (expires - created) * (RENEW_FROM + Math.random() * RENEW_SPREAD);
  }

  /** The time, by the clock that has gone further since the key was loaded. */
  get now(): number {
    return Math.max(Date.now(), this.#loaded + performance.now() - this.#loadedMonotonic);
  }

  /** Milliseconds since it was made. */
  get age(): number {
    return this.now - this.facts.created;
  }

  /** Whether the next key of the line should be made. What others encrypted under it is not known here. */
  get isDue(): boolean {
    const { maxValues, maxBytes } = this.#limits;
    return this.dataKey.sealedValues >= maxValues || this.dataKey.sealedBytes >= maxBytes || this.now >= this.#dueAt;
  }

  /** Whether so many more values, of so many bytes together, leave it within this process's limits. */
  hasRoomFor(values: number, bytes: number): boolean {
    const { maxValues, maxBytes } = this.#limits;
    return this.dataKey.sealedValues + values <= maxValues && this.dataKey.sealedBytes + bytes <= maxBytes;
  }

  /** Whether another process may have made the next key already. */
  get mayBeReplaced(): boolean {
    const { created, expires } = this.facts;
    return this.now >= created + (expires - created) * RENEW_FROM || this.isDue;
  }

  /**
   * Whether values may be encrypted under it. One that was made by a clock far ahead is not used before its time has
   * come: it would outlive the others by as much.
   */
  get isUsable(): boolean {
    const { created, expires } = this.facts;
    const skew = Math.min(MAX_SKEW, (expires - created) * SKEW_SHARE);
    return !this.isExpired && this.now >= created - skew;
  }

  /** Whether nothing more may be encrypted under it. */
  get isExpired(): boolean {
    return this.now >= this.facts.expires;
  }
}
