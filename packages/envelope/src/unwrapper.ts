/// <reference types="node" preserve="true" />
import type { DataKey } from '@sqlcrypter/core/provider';
import type { CallBudget } from './call-budget.js';
import type { DekEvents } from './events.js';
import type { KmsCalls } from './kms-calls.js';
import { NegativeCache } from './negative-cache.js';
import { SharedWork } from './shared-work.js';
import { UnwrapQueue } from './unwrap-queue.js';
import type { WantedKey } from './wanted-key.js';

/**
 * What a key that is not in memory goes through: known failures, a call for the same key under way, the rate limit,
 * the queue, the KMS. Callers check that the key is the one their frame committed to.
 */
export class Unwrapper {
  readonly negative: NegativeCache = new NegativeCache();
  readonly #calls: KmsCalls;
  readonly #rateLimit: () => void;
  readonly #events: DekEvents;
  readonly #queue = new UnwrapQueue();
  readonly #underWay = new Map<string, SharedWork<DataKey>>();

  constructor(calls: KmsCalls, rateLimit: () => void, events: DekEvents) {
    this.#calls = calls;
    this.#rateLimit = rateLimit;
    this.#events = events;
  }

  /** What one load of a key may cost, with each call counted by the rate limit. */
  budget(): CallBudget {
    return this.#calls.budget(() => this.#checkRate());
  }

  /**
   * @param accept checks the key and puts it where the next reader finds it. Each caller's own is run.
   * @param signal ends this caller's wait: what nobody waits for any more leaves the queue.
   * @param budget of a load that this unwrap is a part of.
   */
  async unwrap<T>(
    wanted: WantedKey,
    accept: (dataKey: DataKey) => T,
    signal?: AbortSignal,
    budget: CallBudget = this.budget(),
  ): Promise<T> {
    this.refuseKnownFailure(wanted);
    const { name } = wanted;
    const known = this.#underWay.get(name);
    const unwrap = known === undefined || known.isAbandoned ? this.#start(wanted, budget) : known;
    const leave = unwrap.join(signal);
    try {
      const dataKey = await unwrap.result;
      this.#calls.refuseIfClosed();
      return accept(dataKey);
    } finally {
      leave();
      // Only now: earlier, a reader would find the key neither here nor where it is put.
      if (this.#underWay.get(name) === unwrap) this.#underWay.delete(name);
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

  #start(wanted: WantedKey, budget: CallBudget): SharedWork<DataKey> {
    budget.spend();
    const unwrap = new SharedWork((begin, signal) =>
      this.#queue.run(async () => {
        begin();
        try {
          const { record, wrapped, bare } = wanted;
          return await (record === undefined
            ? this.#calls.unwrap(wrapped, bare, budget)
            : this.#calls.unwrapStored(record, budget));
        } catch (error) {
          this.negative.rememberFailure(wanted, error);
          throw error;
        }
      }, signal),
    );
    this.#underWay.set(wanted.name, unwrap);
    return unwrap;
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
