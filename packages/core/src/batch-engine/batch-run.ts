/// <reference types="node" preserve="true" />

import { lengthOf } from '../genuine-bytes.js';
import type { BatchKey } from './batch-key.js';
import { positionsByLength } from './by-length.js';
import type { GcmModule } from './gcm-module.js';
import {
  DATA,
  DATA_CAPACITY,
  DESCRIPTOR_WORDS,
  DESCRIPTORS,
  FRAMES,
  FRAMES_CAPACITY,
  KEY_STREAM,
  KEY_STREAM_CAPACITY,
  MAX_VALUES,
  MEMORY_LENGTH,
  NONCE_LENGTH,
  START,
  STREAMS,
  TAG_LENGTH,
} from './memory-map.js';
import { compareContexts, type SharedData } from './shared-data.js';

const BLOCK_LENGTH = 16;
const LANES = 16;
/** Before and behind the values' key stream: H, and the block that shows that none was lost. */
const EDGE_BLOCKS = 2;

/** So many values save what the second table costs. */
const VALUES_FOR_SQUARE = 256;

/** After a failure in the middle, who knows what was written. */
const ALL_USED = {
  data: DATA + DATA_CAPACITY,
  keyStream: KEY_STREAM + KEY_STREAM_CAPACITY,
  frames: STREAMS,
  streams: MEMORY_LENGTH,
} as const;

/** The items of a batch, and what each is bound to. */
export interface BatchItems {
  readonly items: readonly Uint8Array[];
  readonly contexts: readonly Buffer[];
  /** Whether the items are whole frames, or else the plaintexts that frames are to be made of. */
  readonly areFrames: boolean;
}

/**
 * One pass of a list of values through the module's memory, as many at a time as fit. They stand there as whole frames,
 * back to back, in the order of their length.
 *
 * Whoever makes one calls `end` in a `finally`: until then keys, key stream and plaintext are in the memory. Nothing may
 * wait in between, since the one memory serves all batches of the process in turn.
 */
export class BatchRun {
  readonly #module: GcmModule;
  readonly #key: BatchKey;
  readonly #batch: BatchItems;
  readonly #shared: SharedData;
  /** Of the items. What they claim, and what a list of them once had, counts for nothing. */
  readonly #lengths: Uint32Array;
  /** Undefined where the items are in the order of their length already. */
  readonly #positions: Uint32Array | undefined;
  readonly #ownDataStart: number;
  #from = 0;
  #count = 0;
  /** Whether the table of H is in the memory yet. */
  #hasTable = false;
  /** Whether that of its square comes with it. */
  readonly #hasSquare: boolean;
  /** How far each part of the memory has been written at most, while nothing is being laid out. */
  readonly #used = { data: DATA, keyStream: KEY_STREAM, frames: FRAMES, streams: STREAMS };
  #isLayingOut = false;

  /** Throws while another run has the memory, as it does where a callback of that run makes a batch of its own. */
  constructor(module: GcmModule, key: BatchKey, batch: BatchItems) {
    if (module.isMemoryTaken) throw new Error('The memory of the batch engine is in use');
    this.#module = module;
    this.#key = key;
    this.#batch = batch;
    this.#shared = compareContexts(key.dataBeforeContext.length, batch.contexts);
    this.#ownDataStart = DATA + roundUp(this.#shared.length);
    this.#lengths = lengthsOf(batch.items);
    this.#positions = positionsByLength(this.#lengths, batch.areFrames ? this.#overhead : 0);
    this.#hasSquare = batch.items.length >= VALUES_FOR_SQUARE;
    module.bytes.set(key.start, START);
    module.isMemoryTaken = true;
  }

  /** How many values are in the memory. */
  get count(): number {
    return this.#count;
  }

  /** Length of the authenticated data that all values share. */
  get sharedLength(): number {
    return this.#shared.length;
  }

  /** 1 where the square of H has its table in the memory, else 0: what the module takes for a truth value. */
  get hasSquare(): number {
    return this.#hasSquare ? 1 : 0;
  }

  /** Which item of the list the value with this number in the memory is. */
  positionOf(number: number): number {
    const index = this.#from + number;
    return this.#positions === undefined ? index : (this.#positions[index] as number);
  }

  get #overhead(): number {
    return this.#key.start.length + NONCE_LENGTH + TAG_LENGTH;
  }

  /** Brings the next values into the memory. Gives false when all have been there. */
  layOut(): boolean {
    const { bytes, words } = this.#module;
    const { items, contexts, areFrames } = this.#batch;
    const lengths = this.#lengths;
    const { ownFrom } = this.#shared;
    const positions = this.#positions;
    const overhead = this.#overhead;
    const textOffset = overhead - TAG_LENGTH;
    const itemOffset = areFrames ? 0 : textOffset;
    const itemOverhead = areFrames ? overhead : 0;
    const from = this.#from + this.#count;
    const most = Math.min(items.length - from, MAX_VALUES);
    let frame = FRAMES;
    let keyStream = KEY_STREAM + EDGE_BLOCKS * BLOCK_LENGTH;
    let data = this.#ownDataStart;
    let ownData = 0;
    let word = DESCRIPTORS >>> 2;
    let count = 0;
    this.#isLayingOut = true;
    for (; count < most; count++) {
      const position = positions === undefined ? from + count : (positions[from + count] as number);
      const item = items[position] as Uint8Array;
      const itemLength = lengths[position] as number;
      const length = itemLength - itemOverhead;
      const frameEnd = frame + overhead + length;
      const keyStreamEnd = keyStream + BLOCK_LENGTH + roundUp(length);
      if (frameEnd > FRAMES + FRAMES_CAPACITY || keyStreamEnd > KEY_STREAM + KEY_STREAM_CAPACITY) break;
      words[word] = frame + textOffset;
      words[word + 1] = length;
      words[word + 2] = data;
      words[word + 3] = 0;
      if (ownFrom !== undefined) {
        const context = contexts[position] as Buffer;
        const dataEnd = data + context.length - ownFrom;
        if (dataEnd > DATA + DATA_CAPACITY) break;
        this.#writeOwnData(data, context, ownFrom);
        words[word + 3] = dataEnd - data;
        if (dataEnd - data > ownData) ownData = dataEnd - data;
        data = dataEnd;
      }
      bytes.set(item, frame + itemOffset);
      // Another thread may make memory longer at any time, never shorter: then that much is what was copied.
      if (lengthOf(item) !== itemLength) throw new RangeError('A value changed its length');
      frame = frameEnd;
      keyStream = keyStreamEnd;
      word += DESCRIPTOR_WORDS;
    }
    if (count === 0 && most > 0) throw new RangeError('A value does not fit into the memory of the batch engine');
    this.#noteUse(frame, keyStream, data, ownData, count);
    this.#isLayingOut = false;
    // A few values more than fill the lanes would take a turn of their own, so they wait for others.
    if (count > LANES && from + count < items.length) count -= count % LANES;
    this.#from = from;
    this.#count = count;
    return count > 0;
  }

  /** Makes the key stream of the values in the memory, once their nonces are there; the first time, what hashing needs. */
  makeKeyStream(): void {
    const module = this.#module;
    const end = module.writeCounters(DESCRIPTORS, this.#count, KEY_STREAM);
    this.#key.cipher.encrypt(module.bytes, KEY_STREAM, end);
    if (this.#hasTable) return;
    this.#key.loadTable(module, KEY_STREAM);
    if (this.#hasSquare) this.#key.loadSquareTable(module, KEY_STREAM);
    this.#hashShared();
    this.#hasTable = true;
  }

  /** Overwrites everything that the run has left in the memory. */
  end(): void {
    const { data, keyStream, frames, streams } = this.#isLayingOut ? ALL_USED : this.#used;
    this.#module.isMemoryTaken = false;
    this.#module.wipe(this.hasSquare, DATA, data, KEY_STREAM, keyStream, FRAMES, frames, STREAMS, streams);
  }

  #noteUse(framesEnd: number, keyStreamEnd: number, dataEnd: number, ownData: number, count: number): void {
    const used = this.#used;
    used.frames = Math.max(used.frames, framesEnd);
    used.keyStream = Math.max(used.keyStream, keyStreamEnd);
    used.data = Math.max(used.data, dataEnd);
    if (count === 0) return;
    const longest = this.#module.words[(DESCRIPTORS >>> 2) + (count - 1) * DESCRIPTOR_WORDS + 1] as number;
    const streamLength = roundUp(longest) + roundUp(ownData) + BLOCK_LENGTH;
    used.streams = Math.max(used.streams, STREAMS + LANES * streamLength);
  }

  #hashShared(): void {
    const { bytes, hashShared } = this.#module;
    const { dataBeforeContext } = this.#key;
    const { length, ownFrom } = this.#shared;
    const context = this.#batch.contexts[0] as Buffer;
    if (ownFrom === undefined && this.#key.loadSharedHash(this.#module, context)) return;
    bytes.fill(0, DATA, this.#ownDataStart);
    bytes.set(dataBeforeContext.subarray(0, length), DATA);
    if (length > dataBeforeContext.length) {
      bytes.set(context.subarray(0, length - dataBeforeContext.length), DATA + dataBeforeContext.length);
    }
    hashShared(DATA, (this.#ownDataStart - DATA) / BLOCK_LENGTH);
    if (ownFrom === undefined) this.#key.keepSharedHash(this.#module, context);
  }

  #writeOwnData(at: number, context: Buffer, from: number): void {
    const { bytes } = this.#module;
    const { dataBeforeContext } = this.#key;
    let to = at;
    for (let i = dataBeforeContext.length + from; i < dataBeforeContext.length; i++) {
      bytes[to++] = dataBeforeContext[i] as number;
    }
    for (let i = Math.max(from, 0); i < context.length; i++) bytes[to++] = context[i] as number;
  }
}

function lengthsOf(items: readonly Uint8Array[]): Uint32Array {
  const lengths = new Uint32Array(items.length);
  for (let i = 0; i < items.length; i++) lengths[i] = lengthOf(items[i] as Uint8Array);
  return lengths;
}

function roundUp(length: number): number {
  return (length + BLOCK_LENGTH - 1) & ~(BLOCK_LENGTH - 1);
}
