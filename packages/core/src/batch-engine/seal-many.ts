/// <reference types="node" preserve="true" />
import type { BatchKey } from './batch-key.js';
import { BatchRun } from './batch-run.js';
import { FastBuffer } from './fast-buffer.js';
import type { GcmModule } from './gcm-module.js';
import {
  DESCRIPTOR_WORDS,
  DESCRIPTORS,
  FRAMES,
  KEY_STREAM,
  NONCE_LENGTH,
  NONCES,
  START,
  STREAMS,
  TAG_LENGTH,
} from './memory-map.js';

/**
 * Seals plaintexts under one AES-256-GCM key into whole frames, in order. Frames share memory with others of the batch.
 *
 * @param plaintexts none longer than MAX_TEXT_LENGTH.
 * @param contexts as many, none longer than MAX_CONTEXT_LENGTH.
 * @param fillNonces fills `length` bytes of `memory` at `offset` with nonces of 12 bytes that this key never meets again.
 */
export function sealMany(
  module: GcmModule,
  key: BatchKey,
  plaintexts: readonly Uint8Array[],
  contexts: readonly Buffer[],
  fillNonces: (memory: Buffer, offset: number, length: number) => void,
): Buffer[] {
  const { bytes, words } = module;
  const startLength = key.start.length;
  const sealed = new Array<Buffer>(plaintexts.length);
  const run = new BatchRun(module, key, { items: plaintexts, contexts, areFrames: false });
  try {
    while (run.layOut()) {
      const { count, sharedLength, hasSquare } = run;
      fillNonces(bytes, NONCES, count * NONCE_LENGTH);
      module.writeStarts(DESCRIPTORS, count, START, startLength, NONCES);
      run.makeKeyStream();
      module.seal(DESCRIPTORS, count, sharedLength, KEY_STREAM, STREAMS, hasSquare);
      let word = DESCRIPTORS >>> 2;
      const last = word + (count - 1) * DESCRIPTOR_WORDS;
      const framesEnd = (words[last] as number) + (words[last + 1] as number) + TAG_LENGTH;
      const frames = Buffer.from(bytes.subarray(FRAMES, framesEnd));
      let start = 0;
      for (let number = 0; number < count; number++) {
        const end = (words[word] as number) + (words[word + 1] as number) + TAG_LENGTH - FRAMES;
        sealed[run.positionOf(number)] = new FastBuffer(frames.buffer, frames.byteOffset + start, end - start);
        start = end;
        word += DESCRIPTOR_WORDS;
      }
    }
  } finally {
    run.end();
  }
  return sealed;
}
