/// <reference types="node" preserve="true" />
import type { DecryptItem } from '../batch.js';
import { encodeContext } from '../encryption-context.js';
import type { KeyToOpen } from './batch-keys.js';
import { isWorthTheEngine, MAX_ENGINE_LENGTH } from './break-even.js';
import type { Engine } from './choose-engine.js';
import { MAX_CONTEXT_LENGTH, MAX_VALUES, NONCE_LENGTH, START_CAPACITY, TAG_LENGTH } from './memory-map.js';
import type { TakePlaintext } from './open-many.js';
import type { Pace } from './pace.js';
import { type ValueGroup, ValueGroups } from './value-groups.js';

/** Positions of values that are left to the provider's own functions. */
export interface LeftOver {
  /** Those whose key the provider did not name: it may have to be loaded first. */
  readonly withoutKey: number[];
  /** Those that the engine does not take, is not worth, or refused. */
  readonly others: number[];
}

/**
 * Opens what it can of the items at the given positions, group by group, and gives the positions of the rest.
 *
 * @param take as of `openMany`, with the position in the batch.
 */
export async function openBatch(
  engine: Engine,
  items: readonly DecryptItem[],
  positions: ArrayLike<number>,
  take: TakePlaintext,
  pace: Pace,
): Promise<LeftOver> {
  const left: LeftOver = { withoutKey: [], others: [] };
  const groups = new ValueGroups();
  for (let i = 0; i < positions.length; i++) {
    const position = positions[i] as number;
    const { ciphertext } = items[position] as DecryptItem;
    const group = ciphertext instanceof Uint8Array ? groups.add(position, asBuffer(ciphertext)) : undefined;
    if (group === undefined) {
      left.others.push(position);
    } else if (group.positions.length === MAX_VALUES) {
      openGroup(engine, items, group, take, left);
      if (pace.isDue) await pace.rest();
    }
  }
  for (const group of groups.all) {
    openGroup(engine, items, group, take, left);
    if (pace.isDue) await pace.rest();
  }
  return left;
}

/** The values of a group as the engine takes them. */
interface Members {
  readonly frames: Buffer[];
  readonly contexts: Buffer[];
  readonly positions: number[];
}

function openGroup(
  { module, side }: Engine,
  items: readonly DecryptItem[],
  group: ValueGroup,
  take: TakePlaintext,
  left: LeftOver,
): void {
  const all = group.positions;
  group.positions = [];
  if (!isWorthTheEngine(all.length, 0)) {
    addAll(left.others, all);
    return;
  }
  const members: Members = { frames: [], contexts: [], positions: [] };
  const { frames, contexts, positions } = members;
  const bytes = addMembers(members, items, all, group.startLength, left.others);
  if (!isWorthTheEngine(positions.length, bytes)) {
    addAll(left.others, positions);
    return;
  }
  const key = side.closed ? undefined : keyOf(side.keyToOpen, frames[0] as Buffer, group.startLength);
  if (key === undefined) {
    addAll(left.withoutKey, positions);
    return;
  }
  try {
    const refused = key.dataKey.openMany(module, key.layout, frames, contexts, (number, memory, start, end) => {
      take(positions[number] as number, memory, start, end);
    });
    for (const number of refused) left.others.push(positions[number] as number);
  } catch {
    // A fault of the engine costs time, never a value: who took what until then is known where `take` is.
    addAll(left.others, positions);
  }
}

/** Adds those that the engine takes, and gives the bytes of their texts together. */
function addMembers(
  { frames, contexts, positions }: Members,
  items: readonly DecryptItem[],
  all: readonly number[],
  startLength: number,
  others: number[],
): number {
  const overhead = startLength + NONCE_LENGTH + TAG_LENGTH;
  let bytes = 0;
  let lastContext: DecryptItem['context'];
  let encoded = encodeContext(undefined);
  for (const position of all) {
    const { ciphertext, context } = items[position] as DecryptItem;
    try {
      if (context !== lastContext) {
        encoded = encodeContext(context);
        lastContext = context;
      }
      const length = ciphertext.length - overhead;
      if (length >= 0 && length <= MAX_ENGINE_LENGTH && encoded.length <= MAX_CONTEXT_LENGTH) {
        frames.push(asBuffer(ciphertext));
        contexts.push(encoded);
        positions.push(position);
        bytes += length;
        continue;
      }
    } catch {
      // What is wrong with this value, its turn with the provider's own function will tell.
    }
    others.push(position);
  }
  return bytes;
}

function keyOf(
  keyToOpen: ((frame: Buffer) => KeyToOpen | undefined) | undefined,
  frame: Buffer,
  startLength: number,
): KeyToOpen | undefined {
  if (startLength > START_CAPACITY) return undefined;
  try {
    const key = keyToOpen?.(frame);
    return key?.layout.ciphertextOffset === startLength + NONCE_LENGTH ? key : undefined;
  } catch {
    return undefined;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function addAll(list: number[], more: readonly number[]): void {
  for (const position of more) list.push(position);
}
