import { MAX_ENGINE_LENGTH } from './break-even.js';
import { beginsAlike, frameStartLength } from './frame-start.js';
import { MAX_CONTEXT_LENGTH, NONCE_LENGTH, START_CAPACITY, TAG_LENGTH } from './memory-map.js';

/** Values that begin alike up to their GCM nonce, and so share a derived key. */
export interface ValueGroup {
  readonly start: Buffer;
  readonly count: number;
  /** Bytes of all their texts. */
  readonly bytes: number;
}

interface Chain extends ValueGroup {
  first: number;
  last: number;
  count: number;
  bytes: number;
}

/** The values of a group, as lists. */
export interface GroupMembers {
  readonly frames: Buffer[];
  readonly contexts: Buffer[];
  /** Where in the batch each value is. */
  readonly positions: number[];
}

const END = -1;

/**
 * Sorts frames into groups by what they begin with. Members are chained by their numbers and listed only when asked for:
 * where every value has a key of its own, a group must cost next to nothing.
 */
export class ValueGroups {
  readonly #members: GroupMembers = { frames: [], contexts: [], positions: [] };
  readonly #next: number[] = [];
  readonly #chains = new Map<string, Chain>();
  #latest: Chain | undefined;

  /** Adds the frame at a position of the batch. Gives false, and does not, if it is none for the engine. */
  add(position: number, frame: Buffer, context: Buffer): boolean {
    const number = this.#next.length;
    const chain =
      this.#latest !== undefined && beginsAlike(frame, this.#latest.start) ? this.#latest : this.#find(frame);
    if (chain === undefined) return false;
    const length = frame.length - chain.start.length - NONCE_LENGTH - TAG_LENGTH;
    if (length < 0 || length > MAX_ENGINE_LENGTH || context.length > MAX_CONTEXT_LENGTH) return false;
    if (chain.count === 0) chain.first = number;
    else this.#next[chain.last] = number;
    chain.last = number;
    chain.count += 1;
    chain.bytes += length;
    this.#latest = chain;
    this.#next.push(END);
    this.#members.frames.push(frame);
    this.#members.contexts.push(context);
    this.#members.positions.push(position);
    return true;
  }

  groups(): Iterable<ValueGroup> {
    return this.#chains.values();
  }

  /** The members of one of the groups, in order. */
  membersOf(group: ValueGroup): GroupMembers {
    const all = this.#members;
    // The usual batch: one key for all.
    if (group.count === this.#next.length) return all;
    const members: GroupMembers = { frames: [], contexts: [], positions: [] };
    for (let number = (group as Chain).first; number !== END; number = this.#next[number] as number) {
      members.frames.push(all.frames[number] as Buffer);
      members.contexts.push(all.contexts[number] as Buffer);
      members.positions.push(all.positions[number] as number);
    }
    return members;
  }

  #find(frame: Buffer): Chain | undefined {
    const length = frameStartLength(frame);
    if (length === 0 || length > Math.min(frame.length, START_CAPACITY)) return undefined;
    const name = frame.toString('latin1', 0, length);
    let chain = this.#chains.get(name);
    if (chain === undefined) {
      const start = Buffer.from(frame.subarray(0, length));
      chain = { start, first: END, last: END, count: 0, bytes: 0 };
      this.#chains.set(name, chain);
    }
    return chain;
  }
}
