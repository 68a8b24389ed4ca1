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

/** Values that are sorted into groups before the clock is looked at. */
const VALUES_PER_GLANCE = 1024;

/** Positions of values that are left to the provider's own functions. */
export interface LeftOver {
  /** Those whose key the provider did not name: it may have to be loaded first. */
  readonly withoutKey: number[];
  /** Those that the engine does not take, is not worth, or refused. */
  readonly others: number[];
}

/** A batch of values that are opened group by group, slice by slice. */
export class BatchOpening {
  /** What is not opened; complete when everything is done. */
  readonly left: LeftOver = { withoutKey: [], others: [] };
  readonly #engine: Engine | undefined;
  readonly #items: readonly DecryptItem[];
  readonly #to: number;
  readonly #take: TakePlaintext;
  readonly #groups: ValueGroups;
  /** Those of the values that are being opened. One list for all chunks: fresh memory is what a batch waits for most. */
  readonly #frames: Uint8Array[];
  readonly #contexts: Buffer[];
  /** Where the first is that is in no group yet. */
  #unsorted: number;
  #openedGroups = 0;
  #chunk: number;

  /**
   * @param engine without it, everything is left.
   * @param from where the first item to open is; as many as `ValueGroups` takes, up to `to`.
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
    const most = Math.min(to - from, MAX_VALUES);
    this.#frames = new Array(most);
    this.#contexts = new Array(most);
    this.#groups = new ValueGroups(items, from, to, this.left.others);
    this.#chunk = engine === undefined ? 0 : nextChunk(MAX_VALUES);
  }

  /** Works until everything is done, which it tells, or until this slice is over. */
  advance(pace: Pace): boolean {
    const engine = this.#engine;
    const groups = this.#groups;
    const to = this.#to;
    if (engine === undefined) {
      for (let position = this.#unsorted; position < to; position++) this.left.others.push(position);
      return true;
    }
    while (this.#unsorted < to) {
      this.#unsorted = groups.add(this.#unsorted, Math.min(to, this.#unsorted + VALUES_PER_GLANCE), this.#chunk);
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
    return true;
  }

  #open({ module, side, scope }: Engine, group: ValueGroup): void {
    const { withoutKey, others } = this.left;
    const frames = this.#frames;
    const contexts = this.#contexts;
    const { startLength } = group;
    const positions = group.take();
    if (!isWorthTheEngine(positions.length, 0) || !this.#gather(positions, startLength)) {
      addAll(others, positions);
      return;
    }
    const key = side.closed ? undefined : keyOf(side, asBuffer(frames[0] as Uint8Array), startLength, scope);
    if (key === undefined) {
      addAll(withoutKey, positions);
      return;
    }
    try {
      addAll(others, key.dataKey.openMany(module, key.layout, frames, contexts, positions, this.#take));
    } catch {
      // A fault of the engine costs time, never a value: who took what until then is known where `take` is.
      addAll(others, positions);
    }
  }

  /**
   * Gathers frames and contexts of the values that the engine takes, and takes the positions of all others out of the
   * list. Gives whether those that stay are worth the engine.
   */
  #gather(positions: number[], startLength: number): boolean {
    const items = this.#items;
    const frames = this.#frames;
    const contexts = this.#contexts;
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
        if (length >= 0 && length <= MAX_ENGINE_LENGTH && encoded.length <= MAX_CONTEXT_LENGTH) {
          frames[count] = frame;
          positions[count] = position;
          contexts[count] = encoded;
          bytes += length;
          count += 1;
          continue;
        }
      } catch {
        // What is wrong with this value, its turn with the provider's own function will tell.
      }
      this.left.others.push(position);
    }
    for (const list of [frames, contexts, positions]) if (list.length > count) list.length = count;
    return isWorthTheEngine(count, bytes);
  }
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

function addAll(list: number[], more: readonly number[]): void {
  for (const position of more) list.push(position);
}
