import { frameStartLength, glanceAt } from './frame-start.js';

/** Places that are looked at for a group. Only an attacker fills more in a row, and must not make look-ups longer. */
const MOST_LOOKS = 16;
/** The golden ratio as 32 bits, whose multiples spread numbers that follow one another. */
const SPREAD = 0x9e37_79b1;

/** Values that probably begin alike up to their GCM nonce, and so share a derived key. */
export class ValueGroup {
  /** The first of the frames. */
  readonly frame: Uint8Array;
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
    this.frame = frame;
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

  #find(position: number, frame: Uint8Array, startLength: number): ValueGroup | undefined {
    this.#places ??= this.#makePlaces();
    const places = this.#places;
    let place = placeOf(glanceAt(frame, startLength), places.length);
    for (let look = 0; look < MOST_LOOKS; look++) {
      const group = this.#groups[(places[place] as number) - 1];
      if (group === undefined) {
        const created = this.#create(position, frame, startLength);
        places[place] = this.#groups.length;
        return created;
      }
      if (group.startLength === startLength && group.seemsAlike(frame)) {
        group.add(position);
        return group;
      }
      place = (place + 1) & (places.length - 1);
    }
    return undefined;
  }

  #create(position: number, frame: Uint8Array, startLength: number): ValueGroup {
    const group = new ValueGroup(position, frame, startLength);
    this.#groups.push(group);
    return group;
  }

  /** At least twice as many as values, a power of two, with the first group at its place. */
  #makePlaces(): Uint16Array {
    const places = new Uint16Array(4 << (31 - Math.clz32(this.#most)));
    const { glance } = this.#groups[0] as ValueGroup;
    places[placeOf(glance, places.length)] = 1;
    return places;
  }
}

function suiteAndKind(frame: Uint8Array): number {
  return ((frame[2] as number) << 8) | (frame[3] as number);
}

/** Where to look first for a group, of so many places. */
function placeOf(glance: number, places: number): number {
  return Math.imul(glance, SPREAD) >>> (Math.clz32(places) + 1);
}
