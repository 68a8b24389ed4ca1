import type { DataKey } from '@sqlcrypter/core/provider';
import pLimit from 'p-limit';
import type { DekEvents } from './events.js';
import type { KmsCalls } from './kms-calls.js';
import { NegativeCache } from './negative-cache.js';

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

  /**
   * @param name the wrapped key's name in the cache.
   * @param fingerprints the keys that the frames claim; see {@link NegativeCache.failureOf}.
   */
  async unwrap(name: string, wrapped: Buffer, bare: boolean, fingerprints: readonly Buffer[]): Promise<DataKey> {
    this.refuseKnownFailure(wrapped, bare, fingerprints);
    const shared = this.#underWay.get(name);
    if (shared !== undefined) return shared;
    this.#checkRate();
    // The blob may be a view of a whole result set, which the queue must not keep alive or see change.
    const own = Buffer.from(wrapped);
    const call = this.#queue(async () => {
      try {
        return await this.#calls.unwrap(own, bare);
      } catch (error) {
        this.negative.rememberFailure(own, bare, error);
        throw error;
      } finally {
        this.#underWay.delete(name);
      }
    });
    this.#underWay.set(name, call);
    return call;
  }

  /** Throws what unwrapping is known to end in. */
  refuseKnownFailure(wrapped: Uint8Array, bare: boolean, fingerprints: readonly Buffer[]): void {
    const failure = this.negative.failureOf(wrapped, bare, fingerprints);
    if (failure === undefined) return;
    this.#events.tell('negative');
    throw failure;
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
