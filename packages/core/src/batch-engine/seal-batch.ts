/// <reference types="node" preserve="true" />
import { types } from 'node:util';
import type { EncryptItem } from '../batch.js';
import { encodeContext } from '../encryption-context.js';
import { isWorthTheEngine, MAX_ENGINE_LENGTH } from './break-even.js';
import type { Engine } from './choose-engine.js';
import { MAX_CONTEXT_LENGTH } from './memory-map.js';

/**
 * Seals what it can of the items from one position to another, and puts the frames into `results` at their positions.
 * Gives whether that are all; whatever it leaves out is left to the provider's own function.
 */
export function sealBatch(
  { module, side, scope }: Engine,
  items: readonly EncryptItem[],
  from: number,
  to: number,
  results: (Buffer | undefined)[],
): boolean {
  if (side.closed) return false;
  const plaintexts: Uint8Array[] = [];
  const contexts: Buffer[] = [];
  const positions: number[] = [];
  let bytes = 0;
  let lastContext: EncryptItem['context'];
  let encoded = encodeContext(undefined);
  try {
    for (let position = from; position < to; position++) {
      const { plaintext, context } = items[position] as EncryptItem;
      if (!types.isUint8Array(plaintext) || plaintext.length > MAX_ENGINE_LENGTH) continue;
      if (context !== lastContext) {
        encoded = encodeContext(context);
        lastContext = context;
      }
      if (encoded.length > MAX_CONTEXT_LENGTH) continue;
      plaintexts.push(plaintext);
      contexts.push(encoded);
      positions.push(position);
      bytes += plaintext.length;
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
