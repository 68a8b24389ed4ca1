import type { Crypterer } from '../crypterer.js';
import { SqlcrypterError } from '../sqlcrypter-error.js';
import { type BatchKeys, type BatchSide, batchSideOf } from './batch-keys.js';
import { isWorthLoading, isWorthTheEngine } from './break-even.js';
import { type GcmModule, gcmModule, isGcmModuleLoaded } from './gcm-module.js';

/** How a batch is worked on: whichever way is faster, or always with node:crypto's authenticated cipher. */
export type EngineChoice = 'auto' | 'node';

/** The batch engine and the crypterer's keys for it. */
export interface Engine {
  readonly module: GcmModule;
  readonly side: BatchSide;
  /** As the batch's caller gave it. */
  readonly scope: string | undefined;
}

/** Below this a batch is looked at as a whole, so that looking at its values one by one never costs more than it saves. */
const SMALL_BATCH = 32;

/**
 * The engine, where it exists, the crypterer's provider has what it needs, and it promises to be the faster way.
 *
 * @param capability what the batch needs of the provider.
 * @param lengthOf gives the length of the item's bytes, whatever the item is.
 * Errors: `CONFIG` for another choice than there is.
 */
export function chooseEngine<Item>(
  { engine: choice, scope }: { readonly engine?: unknown; readonly scope?: string | undefined },
  crypterer: Crypterer,
  capability: keyof BatchKeys,
  items: readonly Item[],
  lengthOf: (item: Item) => number,
): Engine | undefined {
  if (choice === 'node') return undefined;
  if (choice !== undefined && choice !== 'auto') {
    throw new SqlcrypterError('CONFIG', "The engine is neither 'auto' (the default) nor 'node'.");
  }
  const side = batchSideOf(crypterer);
  if (side?.[capability] === undefined) return undefined;
  const count = items.length;
  if (count <= SMALL_BATCH) {
    let bytes = 0;
    for (const item of items) bytes += lengthOf(item);
    if (!isWorthTheEngine(count, bytes)) return undefined;
  }
  const module = isGcmModuleLoaded() || isWorthLoading(count) ? gcmModule() : undefined;
  return module && { module, side, scope };
}
