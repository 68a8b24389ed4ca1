/// <reference types="node" preserve="true" />
import { genuineBytes, lengthOf } from '../genuine-bytes.js';
import type { BatchSide, KeyToOpen } from './batch-keys.js';
import type { BatchValues } from './batch-values.js';
import { isWorthTheEngine, MAX_ENGINE_LENGTH } from './break-even.js';
import type { Engine } from './choose-engine.js';
import { MAX_CONTEXT_LENGTH, MAX_VALUES, NONCE_LENGTH, START_CAPACITY, TAG_LENGTH } from './memory-map.js';
import type { TakePlaintext } from './open-many.js';
import { nextChunk, type Pace } from './pace.js';
import { type ValueGroup, ValueGroups } from './value-groups.js';

/** Values that are sorted into groups before somebody looks at the clock. */
const VALUES_PER_LOOK = 1024;

/** What becomes of the values that the engine had. */
export interface OpenedValues {
  /** As of `openMany`, with the position in the batch. */
  readonly take: TakePlaintext;
  /** Is handed the positions of values that have the same key and do not authenticate under it. */
  readonly refuse: (positions: readonly number[]) => void;
}

/**
 * A batch of values that are opened group by group, slice by slice. What has no result in the end is left to the provider's own
 * functions: the engine does not take it, or is not worth it.
 */
export class BatchOpening {
  /** Positions of values whose key the provider did not name: it may have to be loaded first. */
  readonly withoutKey: number[] = [];
  readonly #engine: Engine | undefined;
  readonly #values: BatchValues;
  readonly #to: number;
  readonly #opened: OpenedValues;
  readonly #groups: ValueGroups;
  // Of the values that are being opened. One list for all chunks: fresh memory is what a batch waits for most.
  #frames: Uint8Array[] | undefined;
  #contexts: Buffer[] | undefined;
  /** Where the first is that is not sorted yet. */
  #unsorted: number;
  #openedGroups = 0;
  #chunk: number;

  /**
   * Opens the values at positions from `from` to `to`, at most `MOST_SORTED`.
   *
   * @param engine without it, nothing is opened.
   */
  constructor(engine: Engine | undefined, values: BatchValues, from: number, to: number, opened: OpenedValues) {
    this.#engine = engine;
    this.#values = values;
    this.#unsorted = from;
    this.#to = to;
    this.#opened = opened;
    this.#groups = new ValueGroups(values.bytes, from, to);
    this.#chunk = engine === undefined ? 0 : nextChunk(MAX_VALUES);
  }

  /** Works until everything is done, which it tells, or until this slice is over. */
  advance(pace: Pace): boolean {
    const engine = this.#engine;
    const groups = this.#groups;
    const to = this.#to;
    if (engine === undefined) return true;
    while (this.#unsorted < to) {
      const end = Math.min(to, this.#unsorted + VALUES_PER_LOOK);
      this.#values.take(end);
      this.#unsorted = groups.add(this.#unsorted, end, this.#chunk);
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
    const bytes = this.#gather(positions, startLength, frames, contexts);
    if (!isWorthTheEngine(positions.length, bytes)) return;
    const first = genuineBytes(frames[0]);
    const key = side.closed || first === undefined ? undefined : keyOf(side, first, startLength, scope);
    if (key === undefined || first === undefined) {
      for (const position of positions) this.withoutKey.push(position);
      return;
    }
    frames[0] = first;
    let refused: readonly number[] = [];
    try {
      refused = key.dataKey.openMany(module, key.layout, frames, contexts, positions, this.#opened.take);
    } catch {
      // A fault of the engine costs time, never a value: who took what until then is known where `take` is.
    }
    if (refused.length > 0) this.#refuse(refused, first, startLength);
  }

  /** Hands on what begins as the first frame of its group does. What begins otherwise may be another key's. */
  #refuse(positions: readonly number[], first: Buffer, startLength: number): void {
    const { bytes } = this.#values;
    const own: number[] = [];
    for (let i = 0; i < positions.length; i++) {
      const position = positions[i] as number;
      const frame = bytes[position] as Uint8Array;
      let at = 0;
      while (at < startLength && frame[at] === first[at]) at++;
      if (at === startLength) own.push(position);
    }
    if (own.length > 0) this.#opened.refuse(own);
  }

  /**
   * Gathers frames and contexts of the values at some positions that the engine takes, and takes the positions of all
   * others out of that list. Gives how many bytes their texts have together.
   */
  #gather(positions: number[], startLength: number, frames: Uint8Array[], contexts: Buffer[]): number {
    const overhead = startLength + NONCE_LENGTH + TAG_LENGTH;
    let bytes = 0;
    let count = 0;
    for (let i = 0; i < positions.length; i++) {
      const position = positions[i] as number;
      const frame = this.#values.bytes[position] as Uint8Array;
      const context = this.#values.contexts[position] as Buffer;
      const length = lengthOf(frame) - overhead;
      if (length < 0 || length > MAX_ENGINE_LENGTH || context.length > MAX_CONTEXT_LENGTH) continue;
      frames[count] = frame;
      positions[count] = position;
      contexts[count] = context;
      bytes += length;
      count += 1;
    }
    for (const list of [frames, contexts, positions]) if (list.length > count) list.length = count;
    return bytes;
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
