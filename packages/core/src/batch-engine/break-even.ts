import { MAX_TEXT_LENGTH } from './memory-map.js';

/**
 * What the engine costs, and what node:crypto costs, in nanoseconds as measured by the benchmarks. Only the relation of
 * the two matters, which other processors share.
 */
const NODE_VALUE = 3_300;
const NODE_BYTE = 0.35;
const ENGINE_BATCH = 6_500;
const ENGINE_VALUE = 300;
const ENGINE_BLOCK = 17;
/** Sixteen values are hashed side by side, and fewer take as long. */
const LANES = 16;
/** The engine must be this much better: a measurement on one machine is not the truth on another. */
const MARGIN = 0.8;

/** Longer texts are node:crypto's, whatever their number. */
export const MAX_ENGINE_LENGTH: number = Math.min(2048, MAX_TEXT_LENGTH);

/** Values in small batches after which compiling the module pays, which takes as long as 150 values. */
const VALUES_TO_LOAD = 512;
let seenValues = 0;

/** Whether the engine is the faster way for `count` values of `bytes` bytes together under one key. */
export function isWorthTheEngine(count: number, bytes: number): boolean {
  const lanes = Math.ceil(count / LANES) * LANES;
  const blocks = lanes * (bytes / count / LANES + 2);
  const engine = ENGINE_BATCH + count * ENGINE_VALUE + blocks * ENGINE_BLOCK;
  return engine < MARGIN * (count * NODE_VALUE + bytes * NODE_BYTE);
}

/** Whether the module should be compiled for a batch of `count` values: not for a short process's few. */
export function isWorthLoading(count: number): boolean {
  seenValues += count;
  return seenValues >= VALUES_TO_LOAD;
}
