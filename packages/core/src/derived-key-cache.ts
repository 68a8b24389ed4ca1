import { createSecretKey, type KeyObject } from 'node:crypto';

const GENERATION_SIZE = 512;

/**
 * The AES-256-GCM keys that one crypterer's values of suite XAES-256-GCM were opened with, at most 1,024. An entry is
 * made only after a value authenticated under it, so garbage evicts nothing.
 *
 * Two generations stand for the order of use: a full young one becomes the old one, whose entries move to the young
 * one when they are met again. A Map that loses its oldest entry each time would get slower with every loss.
 */
export class DerivedKeyCache {
  #young = new Map<string, Buffer | KeyObject>();
  #old = new Map<string, Buffer | KeyObject>();

  /** The key named by data key and nonce prefix, or undefined. */
  get(name: string): KeyObject | undefined {
    const young = this.#young.get(name);
    const entry = young ?? this.#old.get(name);
    if (entry === undefined) return undefined;
    if (young !== undefined && !Buffer.isBuffer(young)) return young;
    // Many keys are met once only; a KeyObject costs a third of a decryption, so it waits for the second meeting.
    const key = Buffer.isBuffer(entry) ? createSecretKey(entry) : entry;
    if (Buffer.isBuffer(entry)) entry.fill(0);
    this.#old.delete(name);
    this.set(name, key);
    return key;
  }

  /** Keeps a key that a value has just authenticated under. The bytes belong to the cache from here on. */
  set(name: string, key: Buffer | KeyObject): void {
    this.#young.set(name, key);
    if (this.#young.size < GENERATION_SIZE) return;
    wipe(this.#old);
    this.#old = this.#young;
    this.#young = new Map();
  }

  /** Gives every key up. */
  clear(): void {
    wipe(this.#young);
    wipe(this.#old);
    this.#young.clear();
    this.#old.clear();
  }
}

function wipe(entries: Map<string, Buffer | KeyObject>): void {
  for (const entry of entries.values()) if (Buffer.isBuffer(entry)) entry.fill(0);
}
