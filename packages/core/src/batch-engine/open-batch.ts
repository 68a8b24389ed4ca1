/// <reference types="node" preserve="true" />
import type { DecryptItem } from '../batch.js';
import { encodeContext } from '../encryption-context.js';
import type { BatchSide, KeyToOpen } from './batch-keys.js';
import { isWorthTheEngine } from './break-even.js';
import type { Engine } from './choose-engine.js';
import type { GcmModule } from './gcm-module.js';
import { NONCE_LENGTH } from './memory-map.js';
import type { TakePlaintext } from './open-many.js';
import type { Pace } from './pace.js';
import { type GroupMembers, type ValueGroup, ValueGroups } from './value-groups.js';

/** Values that one call of the engine opens: a few hundred microseconds of work. */
const VALUES_PER_CALL = 1024;

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
  { module, side }: Engine,
  items: readonly DecryptItem[],
  positions: readonly number[],
  take: TakePlaintext,
  pace: Pace,
): Promise<LeftOver> {
  const left: LeftOver = { withoutKey: [], others: [] };
  const groups = groupValues(items, positions, left.others);
  for (const group of groups.groups()) {
    const members = groups.membersOf(group);
    if (!isWorthTheEngine(group.count, group.bytes)) {
      addAll(left.others, members.positions);
      continue;
    }
    for (let from = 0; from < group.count; from += VALUES_PER_CALL) {
      const part = partOf(members, from);
      const key = side.closed ? undefined : keyOf(side, group, part);
      if (key === undefined) addAll(left.withoutKey, part.positions);
      else addAll(left.others, openPart(module, key, part, take));
      if (pace.isDue) await pace.rest();
    }
  }
  return left;
}

function groupValues(items: readonly DecryptItem[], positions: readonly number[], others: number[]): ValueGroups {
  const groups = new ValueGroups();
  let lastContext: DecryptItem['context'];
  let encoded = encodeContext(undefined);
  for (const position of positions) {
    const { ciphertext, context } = items[position] as DecryptItem;
    try {
      if (context !== lastContext) {
        encoded = encodeContext(context);
        lastContext = context;
      }
      if (ciphertext instanceof Uint8Array && groups.add(position, asBuffer(ciphertext), encoded)) continue;
    } catch {
      // What is wrong with this value, its turn with the provider's own function will tell.
    }
    others.push(position);
  }
  return groups;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function partOf(members: GroupMembers, from: number): GroupMembers {
  const { frames, contexts, positions } = members;
  if (positions.length <= VALUES_PER_CALL) return members;
  const to = from + VALUES_PER_CALL;
  return {
    frames: frames.slice(from, to),
    contexts: contexts.slice(from, to),
    positions: positions.slice(from, to),
  };
}

function keyOf(side: BatchSide, { start }: ValueGroup, { frames }: GroupMembers): KeyToOpen | undefined {
  try {
    const key = side.keyToOpen?.(frames[0] as Buffer);
    return key?.layout.ciphertextOffset === start.length + NONCE_LENGTH ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Gives the positions of the values that were refused. */
function openPart(module: GcmModule, key: KeyToOpen, part: GroupMembers, take: TakePlaintext): number[] {
  const { frames, contexts, positions } = part;
  const taken = new Uint8Array(positions.length);
  try {
    const refused = key.dataKey.openMany(module, key.layout, frames, contexts, (number, memory, start, end) => {
      take(positions[number] as number, memory, start, end);
      taken[number] = 1;
    });
    return refused.map((number) => positions[number] as number);
  } catch {
    // A fault of the engine costs time, never a value.
    return positions.filter((_, number) => taken[number] === 0);
  }
}

function addAll(list: number[], more: readonly number[]): void {
  for (const position of more) list.push(position);
}
