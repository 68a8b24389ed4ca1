/// <reference types="node" preserve="true" />
import { types } from 'node:util';
import { asBuffer } from '../as-buffer.js';
import type { DecryptItem } from '../batch.js';
import { encodeContext } from '../encryption-context.js';
import type { BatchSide, KeyToOpen } from './batch-keys.js';
import { isWorthTheEngine, MAX_ENGINE_LENGTH } from './break-even.js';
import type { Engine } from './choose-engine.js';
import { MAX_CONTEXT_LENGTH, MAX_VALUES, NONCE_LENGTH, START_CAPACITY, TAG_LENGTH } from './memory-map.js';
import type { TakePlaintext } from './open-many.js';
import { nextChunk, type Pace } from './pace.js';
import { type ValueGroup, ValueGroups } from './value-groups.js';

/** Values that are sorted into groups before somebody looks at the clock. */
const VALUES_PER_LOOK = 1024;

/**
 * A batch of values that are opened group by group, slice by slice. What it has not given to `take` in the end is left to
 * the provider's own functions: the engine does not take it, is not worth it, or refused it.
 */
export class BatchOpening {
  /** Positions of values whose key the provider did not name: it may have to be loaded first. */
  readonly withoutKey: number[] = [];
  readonly #engine: Engine | undefined;
  readonly #items: readonly DecryptItem[];
  readonly #to: number;
  readonly #take: TakePlaintext;
  readonly #groups: ValueGroups;
  // Of the values that are being opened. One list for all chunks: fresh memory is what a batch waits for most.
  #frames: Uint8Array[] | undefined;
  #contexts: Buffer[] | undefined;
  /** Where the first is that is not sorted yet. */
  #unsorted: number;
  #openedGroups = 0;
  #chunk: number;

  /**
   * Opens the items at positions from `from` to `to`, at most `MOST_SORTED`.
   *
   * @param engine without it, nothing is opened.
   * @param take as of `openMany`, with the position in the batch.
   */
  constructor(
    engine: Engine | undefined,
    items: readonly DecryptItem[],
    from: number,
    to: number,
    take: TakePlaintext,
  ) {
    this.#engine = engine;
    this.#items = items;
    this.#unsorted = from;
    this.#to = to;
    this.#take = take;
    this.#groups = new ValueGroups(items, from, to);
    this.#chunk = engine === undefined ? 0 : nextChunk(MAX_VALUES);
  }

  /** Works until everything is done, which it tells, or until this slice is over. */
  advance(pace: Pace): boolean {
    const engine = this.#engine;
    const groups = this.#groups;
    const to = this.#to;
    if (engine === undefined) return true;
    while (this.#unsorted < to) {
      this.#unsorted = groups.add(this.#unsorted, Math.min(to, this.#unsorted + VALUES_PER_LOOK), this.#chunk);
      const { latest } = groups;
      if (latest !== undefined && latest.count >= this.#chunk) {
        this.#open(engine, latest);
        this.#chunk = nextChunk(MAX_VALUES);
      }
      if (this.#unsorted < to && pace.isDue) return false;
    }
    while (this.#openedGroups < groups.all.length) {
      this.#open(engine, groups.all[this.#openedGroups++] as ValueGroup);
      if (this.#openedGroups < groups.all.length && pace.isDue) return false;
    }
    groups.end();
    this.#frames = undefined;
    this.#contexts = undefined;
    return true;
  }

  #open({ module, side, scope }: Engine, group: ValueGroup): void {
    const { startLength } = group;
    const positions = group.take();
    if (!isWorthTheEngine(positions.length, 0)) return;
    this.#frames ??= new Array(positions.length);
    this.#contexts ??= new Array(positions.length);
    const [frames, contexts] = [this.#frames, this.#contexts];
    const bytes = gather(this.#items, positions, startLength, frames, contexts);
    if (!isWorthTheEngine(positions.length, bytes)) return;
    const key = side.closed ? undefined : keyOf(side, asBuffer(frames[0] as Uint8Array), startLength, scope);
    if (key === undefined) {
      for (const position of positions) this.withoutKey.push(position);
      return;
    }
    try {
      key.dataKey.openMany(module, key.layout, frames, contexts, positions, this.#take);
    } catch {
      // A fault of the engine costs time, never a value: who took what until then is known where `take` is.
    }
  }
}

/**
 * Gathers frames and contexts of the values at some positions that the engine takes, and takes the positions of all
 * others out of that list. Gives how many bytes their texts have together.
 */
function gather(
  items: readonly DecryptItem[],
  positions: number[],
  startLength: number,
  frames: Uint8Array[],
  contexts: Buffer[],
): number {
  const overhead = startLength + NONCE_LENGTH + TAG_LENGTH;
  let bytes = 0;
  let count = 0;
  let lastContext: DecryptItem['context'];
  let encoded = encodeContext(undefined);
  for (let i = 0; i < positions.length; i++) {
    const position = positions[i] as number;
    try {
      const { ciphertext: frame, context } = items[position] as DecryptItem;
      if (context !== lastContext) {
        encoded = encodeContext(context);
        lastContext = context;
      }
      const length = types.isUint8Array(frame) ? frame.length - overhead : -1;
      if (length < 0 || length > MAX_ENGINE_LENGTH || encoded.length > MAX_CONTEXT_LENGTH) continue;
      frames[count] = frame;
      positions[count] = position;
      contexts[count] = encoded;
      bytes += length;
      count += 1;
    } catch {
      // What is wrong with this value, its turn with the provider's own function will tell.
    }
  }
  for (const list of [frames, contexts, positions]) if (list.length > count) list.length = count;
  return bytes;
}

function keyOf(side: BatchSide, frame: Buffer, startLength: number, scope: string | undefined): KeyToOpen | undefined {
  if (startLength > START_CAPACITY) return undefined;
  try {
    const key = side.keyToOpen?.(frame, scope);
    return key?.layout.ciphertextOffset === startLength + NONCE_LENGTH ? key : undefined;
  } catch {
    return undefined;
  }
}
