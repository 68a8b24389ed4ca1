import pLimit from 'p-limit';
import type { CachedKey, DataKeyCache } from './data-key-cache.js';
import type { DekEvents } from './events.js';
import { keyCommitment } from './negative-cache.js';
import { isRevocation } from './revocation.js';
import { UNWRAP_CONCURRENCY } from './unwrap-queue.js';
import type { Unwrapper } from './unwrapper.js';

/** How long past its time to live a key may be used while the KMS does not answer. */
const MAX_STALE = 86_400_000;
/** Pause after a failed refresh, jittered. */
const RETRY_AFTER = 30_000;

/**
 * Asks the KMS again for keys past their time to live. Readers go on with the key they have: an outage of the KMS, a
 * throttle or this crypterer's own rate limit must not take away what has been read all along.
 */
export class Refresher {
  readonly #cache: DataKeyCache;
  readonly #unwrapper: Unwrapper;
  readonly #events: DekEvents;
  readonly #ttl: number;
  readonly #revoked: (key: CachedKey) => void;
  /** Half of the unwraps: while the KMS hangs, those who wait for a key do not queue behind those who have one. */
  readonly #queue = pLimit(UNWRAP_CONCURRENCY / 2);

  /** @param revoked is told of each key that the KMS takes away. */
  constructor(
    cache: DataKeyCache,
    unwrapper: Unwrapper,
    events: DekEvents,
    ttl: number,
    revoked: (key: CachedKey) => void,
  ) {
    this.#cache = cache;
    this.#unwrapper = unwrapper;
    this.#events = events;
    this.#ttl = ttl;
    this.#revoked = revoked;
  }

  /** Whether a cached key may be used now; starts a refresh where it is due. */
  mayUse(key: CachedKey): boolean {
    // A key of the key table is watched there.
    if (key.stored !== undefined || (key.own && key.refusal === undefined)) return true;
    const age = key.age.milliseconds;
    if (age <= this.#ttl) return true;
    // As long as values are written with a key they can be read: its own limits end both.
    if (age > this.#ttl + MAX_STALE && !key.own) {
      this.#evict(key);
      return false;
    }
    this.#events.tell('stale');
    if (!key.refreshing && performance.now() >= key.retryAt) {
      key.refreshing = true;
      void this.#queue(() => this.#refresh(key));
    }
    return true;
  }

  async #refresh(key: CachedKey): Promise<void> {
    const { name, wrapped, bare } = key;
    const { fingerprint } = key.dataKey;
    try {
      await this.#unwrapper.unwrap({ name, wrapped, bare, fingerprints: [fingerprint] }, (answer) => {
        if (!answer.hasFingerprint(fingerprint)) throw keyCommitment();
        key.age.restart();
        this.#events.tell('refresh');
      });
    } catch (error) {
      key.retryAt = performance.now() + RETRY_AFTER * (0.5 + Math.random());
      if (isRevocation(error)) {
        this.#evict(key);
        this.#revoked(key);
      }
    } finally {
      key.refreshing = false;
    }
  }

  #evict(key: CachedKey): void {
    this.#cache.evict(key);
    this.#events.tell('evicted');
  }
}
