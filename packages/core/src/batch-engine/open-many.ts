/// <reference types="node" preserve="true" />
import type { BatchKey } from './batch-key.js';
import { BatchRun } from './batch-run.js';
import type { GcmModule } from './gcm-module.js';
import { DESCRIPTOR_WORDS, DESCRIPTORS, KEY_STREAM, START, STREAMS } from './memory-map.js';

/**
 * Is handed a plaintext that has authenticated: bytes `start` to `end` of `memory`, which are overwritten afterwards.
 * `position` is what the caller named the value.
 */
export type TakePlaintext = (position: number, memory: Buffer, start: number, end: number) => void;

/**
 * Opens frames under one AES-256-GCM key, and gives the positions of those that it refuses: they do not begin as the key
 * says, or do not authenticate. Their plaintext is never made.
 *
 * @param frames each at least as long as `key.start`, nonce and tag; no text longer than MAX_TEXT_LENGTH.
 * @param contexts as many, none longer than MAX_CONTEXT_LENGTH.
 * @param positions as many: what `take` and the caller know each value by.
 * @param take must not wait, nor use the engine.
 */
export function openMany(
  module: GcmModule,
  key: BatchKey,
  frames: readonly Uint8Array[],
  contexts: readonly Buffer[],
  positions: readonly number[],
  take: TakePlaintext,
): number[] {
  const { bytes, words } = module;
  const startLength = key.start.length;
  const refused: number[] = [];
  const run = new BatchRun(module, key, { items: frames, contexts, areFrames: true });
  try {
    while (run.layOut()) {
      run.makeKeyStream();
      const { count, sharedLength, hasSquare } = run;
      module.open(DESCRIPTORS, count, START, startLength, sharedLength, KEY_STREAM, STREAMS, hasSquare);
      let word = DESCRIPTORS >>> 2;
      for (let number = 0; number < count; number++) {
        const position = positions[run.positionOf(number)] as number;
        const text = words[word] as number;
        if (words[word + 3] === 0) take(position, bytes, text, text + (words[word + 1] as number));
        else refused.push(position);
        word += DESCRIPTOR_WORDS;
      }
    }
  } finally {
    run.end();
  }
  return refused;
}
