/// <reference types="node" preserve="true" />
import type { KeyRecord } from '@sqlcrypter/core/provider';
import { LRUCache } from 'lru-cache';
import { BRANCH_PROVIDER } from './row-binding.js';
import { type RevokedState, revoked } from './row-state.js';

const MAX_KEYS = 10_000;

/**
 * Keys that the primary said are disabled or destroyed, by fingerprint in hex. A replica that lags or has stopped does
 * not bring them back: what it says of them is not believed.
 */
export class RevokedKeys {
  readonly #known = new LRUCache<string, { readonly state: RevokedState; readonly turn: number }>({ max: MAX_KEYS });
  #turn = 0;

  /** Grows with each key that is noted. */
  get turn(): number {
    return this.#turn;
  }

  note(name: string, state: RevokedState): void {
    this.#turn += 1;
    this.#known.set(name, { state, turn: this.#turn });
  }

  /** Whether a row is of such a key, or of one under such a branch key. */
  concern({ fingerprint, wraps }: KeyRecord): boolean {
    if (this.#known.has(fingerprint.toString('hex'))) return true;
    return wraps.some(({ provider, keyId }) => provider === BRANCH_PROVIDER && this.#known.has(keyId));
  }

  /** Errors: `KEY_DESTROYED`. What is destroyed stays so; a disabled key may have been enabled since. */
  refuseDestroyed(name: string): void {
    if (this.#known.get(name)?.state === 'destroyed') throw revoked(name, 'destroyed');
  }

  /** For what was read before a turn, and is used after it. Errors: `KEY_DESTROYED`, `KEY_DISABLED`. */
  refuseSince(turn: number, name: string): void {
    const known = this.#known.get(name);
    if (known !== undefined && known.turn > turn) throw revoked(name, known.state);
  }
}
