import { createSecretKey, type KeyObject } from 'node:crypto';

const MAX_ENTRIES = 1024;

/**
 * The AES-256-GCM keys that one crypterer's values of suite XAES-256-GCM were opened with, the least recently used
 * given up first. An entry is made only after a value authenticated under it, so garbage evicts nothing.
 */
export class DerivedKeyCache {
  readonly #entries = new Map<string, Buffer | KeyObject>();

  /** The key named by data key and nonce prefix, or undefined. */
  get(name: string): KeyObject | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    this.#entries.delete(name);
    // Many keys are met once only; a KeyObject costs more than one decryption, so it waits for the second meeting.
    const key = Buffer.isBuffer(entry) ? createSecretKey(entry) : entry;
    if (Buffer.isBuffer(entry)) entry.fill(0);
    this.#entries.set(name, key);
    return key;
  }

  /** Keeps a key that a value has just authenticated under. The bytes belong to the cache from here on. */
  set(name: string, key: Buffer | KeyObject): void {
    this.#entries.set(name, key);
    if (this.#entries.size <= MAX_ENTRIES) return;
    for (const [oldest, entry] of this.#entries) {
      if (Buffer.isBuffer(entry)) entry.fill(0);
      this.#entries.delete(oldest);
      return;
    }
  }

  /** Gives every key up. */
  clear(): void {
    for (const entry of this.#entries.values()) if (Buffer.isBuffer(entry)) entry.fill(0);
    this.#entries.clear();
  }
}
