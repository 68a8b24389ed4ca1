/// <reference types="node" preserve="true" />
import type { DataKey } from '@sqlcrypter/core/provider';
import pLimit from 'p-limit';
import type { DekEvents } from './events.js';
import type { KmsCalls } from './kms-calls.js';
import { NegativeCache } from './negative-cache.js';
import type { WantedKey } from './wanted-key.js';

/** Unwraps under way at once per crypterer. */
export const UNWRAP_CONCURRENCY = 8;

/**
 * What a key that is not in memory goes through: known failures, a call for the same key under way, the rate limit,
 * the queue, the KMS. Callers check that the key is the one their frame committed to.
 */
export class Unwrapper {
  readonly negative: NegativeCache = new NegativeCache();
  readonly #calls: KmsCalls;
  readonly #rateLimit: () => void;
  readonly #events: DekEvents;
  readonly #queue = pLimit(UNWRAP_CONCURRENCY);
  readonly #underWay = new Map<string, Promise<DataKey>>();

  constructor(calls: KmsCalls, rateLimit: () => void, events: DekEvents) {
    this.#calls = calls;
    this.#rateLimit = rateLimit;
    this.#events = events;
  }

  /** @param accept checks the key and puts it where the next reader finds it. Each caller's own is run. */
  async unwrap<T>(wanted: WantedKey, accept: (dataKey: DataKey) => T): Promise<T> {
    this.refuseKnownFailure(wanted);
    const { name } = wanted;
    const call = this.#underWay.get(name) ?? this.#start(wanted);
    try {
      const dataKey = await call;
      this.#calls.refuseIfClosed();
      return accept(dataKey);
    } finally {
      // Only now: earlier, a reader would find the key neither here nor where it is put.
      if (this.#underWay.get(name) === call) this.#underWay.delete(name);
    }
  }

  /** Throws what unwrapping is known to end in. */
  refuseKnownFailure(wanted: WantedKey): void {
    const failure = this.negative.failureOf(wanted);
    if (failure === undefined) return;
    this.#events.tell('negative');
    throw failure;
  }

  /** Throws if none of these Go frames authenticates, as far as is known. */
  refuseKnownForgery(ciphertexts: readonly Buffer[]): void {
    const failure = this.negative.forgeryOf(ciphertexts);
    if (failure === undefined) return;
    this.#events.tell('negative');
    throw failure;
  }

  #start(wanted: WantedKey): Promise<DataKey> {
    this.#checkRate();
    const call = this.#queue(async () => {
      try {
        const { record, wrapped, bare } = wanted;
        return await (record === undefined ? this.#calls.unwrap(wrapped, bare) : this.#calls.unwrapStored(record));
      } catch (error) {
        this.negative.rememberFailure(wanted, error);
        throw error;
      }
    });
    this.#underWay.set(wanted.name, call);
    return call;
  }

  #checkRate(): void {
    try {
      this.#rateLimit();
    } catch (error) {
      this.#events.tell('rate-limited');
      throw error;
    }
  }
}
