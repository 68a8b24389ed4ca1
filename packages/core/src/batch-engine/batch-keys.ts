import type { DataKey } from '../data-key.js';
import type { FrameLayout } from '../frame.js';
import { sharedState } from '../shared-state.js';

/** The data key that opens a frame, and where the frame's parts are. */
export interface KeyToOpen {
  readonly dataKey: DataKey;
  readonly layout: FrameLayout;
}

/** The data key to seal values with, and what `encodeFrameHeader` gave for it. */
export interface KeyToSeal {
  readonly dataKey: DataKey;
  readonly header: Buffer;
}

/**
 * Capability of a provider's implementation: it names the data keys, so that batches can work on many values at once
 * instead of calling it for each. Never waits. Where it gives undefined or throws, the values concerned go through the
 * provider's own functions one by one, and so does every value that does not authenticate: codes and messages of errors
 * are the provider's.
 */
export interface BatchKeys {
  /**
   * The key of a frame of v1, if it is in memory. Asked once for values that begin alike up to their nonce.
   *
   * @param scope as the batch's caller gave it: undefined where the key is of another. Only given to a provider with
   *   `scopes: true`.
   */
  keyToOpen?(ciphertext: Buffer, scope?: string): KeyToOpen | undefined;
  /**
   * The key for so many more values of so many bytes together, if none of its limits is near.
   *
   * @param scope whose key, as the batch's caller gave it. Only given to a provider with `scopes: true`.
   */
  keyToSeal?(values: number, bytes: number, scope?: string): KeyToSeal | undefined;
}

/** What batches know of a crypterer beyond its contract. */
export interface BatchSide {
  readonly closed: boolean;
  keyToOpen?(ciphertext: Buffer, scope: string | undefined): KeyToOpen | undefined;
  keyToSeal?(values: number, bytes: number, scope: string | undefined): KeyToSeal | undefined;
}

/**
 * A batch may run in another copy of the package than the crypterer's. The version stands for all that the two hand to
 * one another: this interface, the data key's functions for many values, and the engine's module with its memory map.
 */
const sides = () => sharedState('batch-sides/1', () => new WeakMap<object, BatchSide>());

/** Notes what batches may use of a crypterer. */
export function setBatchSide(crypterer: object, side: BatchSide): void {
  sides().set(crypterer, side);
}

/** What batches may use of a crypterer, if a copy of this package made it that this one understands. */
export function batchSideOf(crypterer: object): BatchSide | undefined {
  return sides().get(crypterer);
}
