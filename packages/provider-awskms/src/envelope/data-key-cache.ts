import type { DataKey } from '@sqlcrypter/core/provider';
import { LRUCache } from 'lru-cache';
import { Age } from './age.js';

const DEK_LENGTH = 32;

/** A data key in memory, and since when the KMS has not been asked about it. */
export class CachedKey {
  readonly name: string;
  readonly wrapped: Buffer;
  /** Whether it was wrapped without the KMS encryption context. */
  readonly bare: boolean;
  readonly dataKey: DataKey;
  readonly age: Age = new Age();
  /** The key that this process writes with: it came from the KMS itself and is not asked for again. */
  own = false;
  /** A refresh is under way. */
  refreshing = false;
  /** By the monotonic clock: no refresh before this, because the last one failed. */
  retryAt = 0;

  constructor(name: string, wrapped: Buffer, bare: boolean, dataKey: DataKey) {
    this.name = name;
    this.wrapped = wrapped;
    this.bare = bare;
    this.dataKey = dataKey;
  }
}

/** The name of a wrapped key: its bytes, and whether the KMS encryption context belongs to it. */
export function cacheName(wrapped: Buffer, bare: boolean): string {
  const bytes = wrapped.toString('latin1');
  return bare ? `${bytes}b` : bytes;
}

/**
 * Data keys by their wrapped bytes: what leases hold, and beside it the least recently used up to a size. Only keys
 * that a value has committed to or authenticated with get here, so that garbage evicts nothing.
 */
export class DataKeyCache {
  readonly #recent: LRUCache<string, CachedKey>;
  readonly #held = new Map<string, { readonly key: CachedKey; holders: number }>();

  constructor(maxSize: number) {
    this.#recent = new LRUCache({ maxSize, sizeCalculation: (key) => key.wrapped.length + DEK_LENGTH });
  }

  /** How many keys are cached, and their counted size. */
  get size(): { readonly keys: number; readonly bytes: number } {
    return { keys: this.#recent.size, bytes: this.#recent.calculatedSize };
  }

  find(name: string): CachedKey | undefined {
    return this.#recent.get(name) ?? this.#held.get(name)?.key;
  }

  /** Adds a key unless it is there already, and gives the one that is there. */
  add(name: string, wrapped: Buffer, bare: boolean, dataKey: DataKey): CachedKey {
    const known = this.find(name);
    if (known !== undefined) return known;
    const key = new CachedKey(name, Buffer.from(wrapped), bare, dataKey);
    this.#recent.set(name, key);
    return key;
  }

  evict(key: CachedKey): void {
    this.#recent.delete(key.name);
    this.#held.delete(key.name);
  }

  /** Holds keys whatever is evicted for space, until the returned function is called. */
  hold(keys: readonly CachedKey[]): () => void {
    for (const key of keys) {
      const held = this.#held.get(key.name);
      if (held === undefined) this.#held.set(key.name, { key, holders: 1 });
      else held.holders += 1;
    }
    let released = false;
    return () => {
      if (released) return;
      released = true;
      for (const key of keys) this.#release(key);
    };
  }

  /** Drops every key that nothing holds. */
  forget(): void {
    this.#recent.clear();
  }

  /** Drops every key, held or not. */
  clear(): void {
    this.#recent.clear();
    this.#held.clear();
  }

  #release(key: CachedKey): void {
    const held = this.#held.get(key.name);
    if (held === undefined || held.key !== key) return;
    held.holders -= 1;
    if (held.holders === 0) this.#held.delete(key.name);
  }
}
