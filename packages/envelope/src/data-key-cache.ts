import type { ErrorCode } from '@sqlcrypter/core';
import type { DataKey, KeyFacts } from '@sqlcrypter/core/provider';
import { LRUCache } from 'lru-cache';
import { Age } from './age.js';

const DEK_LENGTH = 32;

/** What is known of a key of the key table. */
export interface StoredFacts extends KeyFacts {
  /** The branch key that opened it: its fingerprint in hex. */
  readonly branch: string;
}

/** A data key in memory, and since when the KMS has not been asked about it. */
export class CachedKey {
  readonly name: string;
  readonly wrapped: Buffer;
  /** Whether it was wrapped without the KMS encryption context. */
  readonly bare: boolean;
  readonly dataKey: DataKey;
  /** For a key of the key table: what it was found to be bound to, whatever its row says by now. */
  readonly stored: StoredFacts | undefined;
  readonly age: Age = new Age();
  /** The key that this process writes with: it came from the KMS itself and is not asked for again. */
  own = false;
  /** What the KMS refused to make the key after that one with: perhaps it would not unwrap it either. */
  refusal: ErrorCode | undefined;
  /** A refresh is under way. */
  refreshing = false;
  /** By the monotonic clock: no refresh before this, because the last one failed. */
  retryAt = 0;

  constructor(name: string, wrapped: Buffer, bare: boolean, dataKey: DataKey, stored?: StoredFacts) {
    this.name = name;
    this.wrapped = wrapped;
    this.bare = bare;
    this.dataKey = dataKey;
    this.stored = stored;
  }
}

/** The name of a wrapped key: whether the KMS encryption context belongs to it, and its bytes, of any length. */
export function cacheName(wrapped: Buffer, bare: boolean): string {
  return (bare ? 'b' : 'c') + wrapped.toString('latin1');
}

/** The name of a key of the key table. */
export function storedName(fingerprint: Buffer): string {
  return `t${fingerprint.toString('latin1')}`;
}

/**
 * Data keys by their wrapped bytes: what leases hold, and beside it the least recently used up to a size. Only keys
 * that a value has committed to or authenticated with get here, so that garbage evicts nothing.
 */
export class DataKeyCache {
  readonly #recent = new Map<string, CachedKey>();
  /** Their order of use, by name and size only: lru-cache publishes what it holds on diagnostics channels. */
  readonly #order: LRUCache<string, number>;
  /** Who was used last is not moved to the front again: values mostly come in runs under one key. */
  #latest: string | undefined;
  readonly #held = new Map<string, { readonly key: CachedKey; holders: number }>();

  constructor(maxSize: number) {
    this.#order = new LRUCache({
      maxSize,
      sizeCalculation: (size) => size,
      dispose: (_size, name) => this.#recent.delete(name),
    });
  }

  /** How many keys are cached, and their counted size. */
  get size(): { readonly keys: number; readonly bytes: number } {
    return { keys: this.#recent.size, bytes: this.#order.calculatedSize };
  }

  find(name: string): CachedKey | undefined {
    const key = this.#recent.get(name);
    if (key === undefined) return this.#held.get(name)?.key;
    if (name !== this.#latest) {
      this.#order.get(name);
      this.#latest = name;
    }
    return key;
  }

  /** Adds a key unless it is there already, and gives the one that is there. */
  add(name: string, wrapped: Buffer, bare: boolean, dataKey: DataKey, stored?: StoredFacts): CachedKey {
    const known = this.find(name);
    if (known !== undefined) return known;
    const key = new CachedKey(name, Buffer.from(wrapped), bare, dataKey, stored);
    this.#latest = name;
    this.#order.set(name, wrapped.length + DEK_LENGTH);
    // A key that is larger than the whole cache is not kept.
    if (this.#order.has(name)) this.#recent.set(name, key);
    return key;
  }

  /** Every key of the key table that is cached or held. */
  *storedKeys(): Generator<CachedKey & { readonly stored: StoredFacts }> {
    for (const key of new Set([...this.#recent.values(), ...this.#heldKeys()])) if (isStored(key)) yield key;
  }

  evict(key: CachedKey): void {
    this.#order.delete(key.name);
    this.#held.delete(key.name);
  }

  /**
   * Holds a key that was just found or added, whatever is evicted for space, until the returned function is called. Not
   * to be called later: by then the key may have been evicted because it is revoked.
   */
  hold(key: CachedKey): () => void {
    const held = this.#held.get(key.name) ?? { key, holders: 0 };
    held.holders += 1;
    this.#held.set(key.name, held);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      held.holders -= 1;
      if (held.holders === 0 && this.#held.get(key.name) === held) this.#held.delete(key.name);
    };
  }

  *#heldKeys(): Generator<CachedKey> {
    for (const { key } of this.#held.values()) yield key;
  }

  /** Drops every key that nothing holds. */
  forget(): void {
    this.#order.clear();
  }

  /** Drops every key, held or not. */
  clear(): void {
    this.#order.clear();
    this.#held.clear();
  }
}

function isStored(key: CachedKey): key is CachedKey & { readonly stored: StoredFacts } {
  return key.stored !== undefined;
}
