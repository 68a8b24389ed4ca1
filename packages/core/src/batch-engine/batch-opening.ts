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
  readonly #positions: readonly number[];
  readonly #take: TakePlaintext;
  readonly #groups: ValueGroups;
  #sorted = 0;
  #openedGroups = 0;
  #chunk: number;

  /**
   * @param engine without it, everything is left.
   * @param positions of the items to open.
   * @param take as of `openMany`, with the position in the batch.
   */
  constructor(
    engine: Engine | undefined,
    items: readonly DecryptItem[],
    positions: readonly number[],
    take: TakePlaintext,
  ) {
    this.#engine = engine;
    this.#items = items;
    this.#positions = positions;
    this.#take = take;
    this.#groups = new ValueGroups(positions.length);
    this.#chunk = engine === undefined ? 0 : nextChunk(MAX_VALUES);
  }

  /** Works until everything is done, which it tells, or until this slice is over. */
  advance(pace: Pace): boolean {
    const engine = this.#engine;
    const items = this.#items;
    const positions = this.#positions;
    const groups = this.#groups;
    if (engine === undefined) {
      addAll(this.left.others, positions);
      return true;
    }
    while (this.#sorted < positions.length) {
      const position = positions[this.#sorted++] as number;
      const { ciphertext } = items[position] as DecryptItem;
      const group = types.isUint8Array(ciphertext) ? groups.add(position, ciphertext) : undefined;
      if (group === undefined) {
        this.left.others.push(position);
      } else if (group.count >= this.#chunk) {
        this.#open(engine, group);
        this.#chunk = nextChunk(MAX_VALUES);
        if (pace.isDue) return false;
      }
      if (this.#sorted % VALUES_PER_GLANCE === 0 && pace.isDue) return false;
    }
    while (this.#openedGroups < groups.all.length) {
      this.#open(engine, groups.all[this.#openedGroups++] as ValueGroup);
      if (this.#openedGroups < groups.all.length && pace.isDue) return false;
    }
    groups.end();
    return true;
  }

  #open(engine: Engine, group: ValueGroup): void {
    if (isWorthTheEngine(group.count, 0)) openGroup(engine, this.#items, group, this.#take, this.left);
    else group.leaveTo(this.left.others);
  }
}

function openGroup(
  { module, side, scope }: Engine,
  items: readonly DecryptItem[],
  group: ValueGroup,
  take: TakePlaintext,
  left: LeftOver,
): void {
  const { startLength } = group;
  const { frames, contexts, positions, bytes } = membersOf(items, group.take(), startLength, left.others);
  if (!isWorthTheEngine(positions.length, bytes)) {
    addAll(left.others, positions);
    return;
  }
  const key = side.closed ? undefined : keyOf(side, asBuffer(frames[0] as Uint8Array), startLength, scope);
  if (key === undefined) {
    addAll(left.withoutKey, positions);
    return;
  }
  try {
    const refused = key.dataKey.openMany(module, key.layout, frames, contexts, positions, take);
    addAll(left.others, refused);
  } catch {
    // A fault of the engine costs time, never a value: who took what until then is known where `take` is.
    addAll(left.others, positions);
  }
}

/** The values of a group as the engine takes them. */
interface Members {
  readonly frames: readonly Uint8Array[];
  readonly contexts: readonly Buffer[];
  readonly positions: readonly number[];
  /** Of their texts together. */
  readonly bytes: number;
}

/** Those that the engine takes; positions of all others go to `others`. */
function membersOf(items: readonly DecryptItem[], positions: number[], startLength: number, others: number[]): Members {
  const overhead = startLength + NONCE_LENGTH + TAG_LENGTH;
  const frames = new Array<Uint8Array>(positions.length);
  const contexts = new Array<Buffer>(positions.length);
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
    others.push(position);
  }
  if (count < positions.length) for (const list of [frames, positions, contexts]) list.length = count;
  return { frames, contexts, positions, bytes };
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
