import type { DekEvent } from './events.js';

/** Counters of one envelope crypterer since its creation, and what it holds now. */
export interface EnvelopeStats {
  /** Logical calls: the SDK's retries and the fallbacks of one call are not counted apart. */
  readonly generateCalls: number;
  readonly unwrapCalls: number;
  readonly events: Readonly<Record<DekEvent, number>>;
  /** Data keys in the cache, those held by leases only not among them. */
  readonly cachedKeys: number;
  /** Branch keys in memory; 0 without a key table. */
  readonly branchKeys: number;
  /** The size of the cached data keys as `dekCache.maxSize` counts it. */
  readonly cachedBytes: number;
  /** The key that values are encrypted under: how many values and plaintext bytes, and how many milliseconds old. */
  readonly currentKey: { readonly values: number; readonly bytes: number; readonly age: number } | undefined;
}
