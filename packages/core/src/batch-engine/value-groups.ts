import { frameStartLength, glanceAt } from './frame-start.js';

/** Places that are looked at for a group. Only an attacker fills more in a row, and must not make look-ups longer. */
const MOST_LOOKS = 16;
/**
 * Places that nobody uses, all zero. They are kept because asking for so much memory makes allocators sort what others
 * have freed in the meantime, which can take as long as a tenth of a batch of node:crypto's.
 */
let spare: Uint16Array | undefined;

/** The golden ratio as 32 bits, whose multiples spread numbers that follow one another. */
const SPREAD = 0x9e37_79b1;

/** Values that probably begin alike up to their GCM nonce, and so share a derived key. */
export class ValueGroup {
  /** How many bytes all begin with in common. */
  readonly startLength: number;
  /** The last four of them. */
  readonly glance: number;
  readonly #suiteAndKind: number;
  /** Where in the batch the first is. */
  readonly #position: number;
  /** Where those are that are not opened yet. Many groups have one only, so the list waits for the second. */
  #positions: number[] | undefined;

  constructor(position: number, frame: Uint8Array, startLength: number) {
    this.startLength = startLength;
    this.glance = glanceAt(frame, startLength);
    this.#suiteAndKind = suiteAndKind(frame);
    this.#position = position;
  }

  /** Whether a frame seems to belong here. The engine compares whole starts, and refuses what differs after all. */
  seemsAlike(frame: Uint8Array): boolean {
    const length = this.startLength;
    return (
      frame.length >= length && suiteAndKind(frame) === this.#suiteAndKind && glanceAt(frame, length) === this.glance
    );
  }

  /** How many values are not opened yet. */
  get count(): number {
    return this.#positions === undefined ? 1 : this.#positions.length;
  }

  add(position: number): void {
    if (this.#positions === undefined) this.#positions = [this.#position, position];
    else this.#positions.push(position);
  }

  /** Hands out the positions of the values that are not opened yet, and forgets them. */
  take(): number[] {
    const positions = this.#positions ?? [this.#position];
    this.#positions = [];
    return positions;
  }

  /** Adds the positions of the values that are not opened yet to a list. */
  leaveTo(list: number[]): void {
    if (this.#positions === undefined) list.push(this.#position);
    else for (const position of this.#positions) list.push(position);
  }
}

/**
 * Sorts frames into groups by what they begin with. A Map by the bytes themselves would take more time and memory than
 * opening the values does, where each is a group of its own.
 */
export class ValueGroups {
  readonly #most: number;
  readonly #groups: ValueGroup[] = [];
  /** Numbers of groups, from one, at places that their starts tell; as soon as there is more than one group. */
  #places: Uint16Array | undefined;
  /** How many of them are used, less one: a power of two, less one. */
  #mask = 0;
  #latest: ValueGroup | undefined;

  /** @param most how many values there will be, fewer than 65,536. */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Adds the frame at a position of the batch, and gives its group; undefined if it cannot be a frame, or if too many
   * look like it.
   */
  add(position: number, frame: Uint8Array): ValueGroup | undefined {
    const latest = this.#latest;
    if (latest?.seemsAlike(frame)) {
      latest.add(position);
      return latest;
    }
    const startLength = frameStartLength(frame);
    if (startLength === 0 || startLength > frame.length) return undefined;
    const group =
      this.#groups.length === 0 ? this.#create(position, frame, startLength) : this.#find(position, frame, startLength);
    if (group !== undefined) this.#latest = group;
    return group;
  }

  /** Every group there is. */
  get all(): readonly ValueGroup[] {
    return this.#groups;
  }

  /** Lets go of the groups and gives back what it holds: the batch may go on for long without them. */
  end(): void {
    this.#groups.length = 0;
    this.#latest = undefined;
    const places = this.#places;
    if (places === undefined) return;
    places.fill(0, 0, this.#mask + 1);
    if (spare === undefined || spare.length < places.length) spare = places;
    this.#places = undefined;
  }

  #find(position: number, frame: Uint8Array, startLength: number): ValueGroup | undefined {
    this.#places ??= this.#takePlaces();
    const places = this.#places;
    const mask = this.#mask;
    let place = placeOf(glanceAt(frame, startLength), mask);
    for (let look = 0; look < MOST_LOOKS; look++) {
      const number = places[place] as number;
      if (number === 0) {
        const created = this.#create(position, frame, startLength);
        places[place] = this.#groups.length;
        return created;
      }
      const group = this.#groups[number - 1] as ValueGroup;
      if (group.startLength === startLength && group.seemsAlike(frame)) {
        group.add(position);
        return group;
      }
      place = (place + 1) & mask;
    }
    return undefined;
  }

  #create(position: number, frame: Uint8Array, startLength: number): ValueGroup {
    const group = new ValueGroup(position, frame, startLength);
    this.#groups.push(group);
    return group;
  }

  /** At least twice as many as values, with the first group at its place. */
  #takePlaces(): Uint16Array {
    const count = 4 << (31 - Math.clz32(this.#most));
    const places = spare !== undefined && spare.length >= count ? spare : new Uint16Array(count);
    spare = undefined;
    this.#mask = count - 1;
    places[placeOf((this.#groups[0] as ValueGroup).glance, this.#mask)] = 1;
    return places;
  }
}

function suiteAndKind(frame: Uint8Array): number {
  return ((frame[2] as number) << 8) | (frame[3] as number);
}

/** Where to look first for a group, from zero to `mask`. */
function placeOf(glance: number, mask: number): number {
  return Math.imul(glance, SPREAD) >>> Math.clz32(mask);
}
