/// <reference types="node" preserve="true" />
import { isGone, lengthOf } from '../genuine-bytes.js';
import type { BatchValues } from './batch-values.js';
import { isWorthTheEngine, MAX_ENGINE_LENGTH } from './break-even.js';
import type { Engine } from './choose-engine.js';
import { MAX_CONTEXT_LENGTH } from './memory-map.js';

/**
 * Seals what it can of the values from one position to another, and puts the frames into `results` at their positions.
 * Gives whether that are all; whatever it leaves out is left to the provider's own function.
 */
export function sealBatch(
  { module, side, scope }: Engine,
  values: BatchValues,
  from: number,
  to: number,
  results: (Buffer | undefined)[],
): boolean {
  if (side.closed) return false;
  values.take(to);
  const plaintexts: Uint8Array[] = [];
  const contexts: Buffer[] = [];
  const positions: number[] = [];
  let bytes = 0;
  try {
    for (let position = from; position < to; position++) {
      const plaintext = values.bytes[position] as Uint8Array;
      const context = values.contexts[position] as Buffer;
      const length = lengthOf(plaintext);
      if (length === 0 && isGone(plaintext)) continue;
      if (length > MAX_ENGINE_LENGTH || context.length > MAX_CONTEXT_LENGTH) continue;
      plaintexts.push(plaintext);
      contexts.push(context);
      positions.push(position);
      bytes += length;
    }
    if (!isWorthTheEngine(positions.length, bytes)) return false;
    const key = side.keyToSeal?.(positions.length, bytes, scope);
    const frames = key?.dataKey.sealMany(module, key.header, plaintexts, contexts);
    if (frames === undefined) return false;
    for (let number = 0; number < frames.length; number++) results[positions[number] as number] = frames[number];
    return frames.length === to - from;
  } catch {
    // What is wrong with a value or a key, or with the engine itself: the provider's own function will tell.
    return false;
  }
}
