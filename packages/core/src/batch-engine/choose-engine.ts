import type { Crypterer } from '../crypterer.js';
import { lengthOf } from '../genuine-bytes.js';
import { SqlcrypterError } from '../sqlcrypter-error.js';
import { type BatchKeys, type BatchSide, batchSideOf } from './batch-keys.js';
import type { BatchValues } from './batch-values.js';
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

/** Errors: `CONFIG` for another choice than there is. */
export function checkEngineChoice(choice: unknown): asserts choice is EngineChoice | undefined {
  if (choice === undefined || choice === 'auto' || choice === 'node') return;
  throw new SqlcrypterError('CONFIG', "The engine is neither 'auto' (the default) nor 'node'.");
}

/** What the choice depends on. */
interface Work {
  readonly crypterer: Crypterer;
  readonly engine: EngineChoice | undefined;
  readonly scope: string | undefined;
}

/**
 * The engine, where it exists, the crypterer's provider has what it needs, and it promises to be the faster way.
 *
 * @param capability what the batch needs of the provider.
 */
export function chooseEngine(
  { crypterer, engine, scope }: Work,
  capability: keyof BatchKeys,
  values: BatchValues,
  count: number,
): Engine | undefined {
  if (engine === 'node') return undefined;
  const side = batchSideOf(crypterer);
  if (side?.[capability] === undefined) return undefined;
  if (count <= SMALL_BATCH) {
    let bytes = 0;
    values.take(count);
    for (const value of values.bytes) bytes += lengthOf(value);
    if (!isWorthTheEngine(count, bytes)) return undefined;
  }
  const module = isGcmModuleLoaded() || isWorthLoading(count) ? gcmModule() : undefined;
  return module && { module, side, scope };
}
