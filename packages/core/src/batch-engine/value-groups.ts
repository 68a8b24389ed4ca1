/// <reference types="node" preserve="true" />
import { lengthOf } from '../genuine-bytes.js';
import { frameStartLength, glanceAt } from './frame-start.js';

/** Places that are looked at for a value. Hardly anyone but an attacker fills more in a row, to make look-ups longer. */
const MOST_LOOKS = 16;
/**
 * The lower half of a place: 0 where it is free, 1 and the offset of a value that is alone so far, or this and the index
 * of a group. The upper half is that of the glance, which tells nearly every other start without a look at its frame.
 */
const FIRST_GROUP = 0x8000;
const NUMBER = 0xffff;
/** Values that are sorted together at most. */
export const MOST_SORTED = 0x4000;
/**
 * Places that nobody uses, all zero. They are kept because asking for so much memory makes allocators sort what others
 * have freed in the meantime, which can take as long as a tenth of a batch of node:crypto's.
 */
let spare: Uint32Array | undefined;

/** The golden ratio as 32 bits, whose multiples spread numbers that follow one another. */
const SPREAD = 0x9e37_79b1;

/** Values that probably begin alike up to their GCM nonce, and so share a derived key. */
export class ValueGroup {
  /** How many bytes all begin with in common. */
  readonly startLength: number;
  /** The last four of them. */
  readonly glance: number;
  readonly #suiteAndKind: number;
  /** The first `#count` are not opened yet; what follows is left from earlier. */
  readonly #positions: number[];
  #count: number;

  /** @param positions of the first values. The list is the group's from then on. */
  constructor(frame: Uint8Array, startLength: number, positions: number[]) {
    this.startLength = startLength;
    this.glance = glanceAt(frame, startLength);
    this.#suiteAndKind = suiteAndKind(frame);
    this.#positions = positions;
    this.#count = positions.length;
  }

  /** How many values are not opened yet. */
  get count(): number {
    return this.#count;
  }

  /** Whether a frame seems to belong here. The engine compares whole starts, and refuses what differs after all. */
  seemsAlike(frame: Uint8Array): boolean {
    const length = this.startLength;
    return (
      lengthOf(frame) >= length && suiteAndKind(frame) === this.#suiteAndKind && glanceAt(frame, length) === this.glance
    );
  }

  add(position: number): void {
    this.#positions[this.#count++] = position;
  }

  /** Hands out the positions of the values that are not opened yet, and forgets them. The next `add` overwrites the list. */
  take(): number[] {
    if (this.#positions.length > this.#count) this.#positions.length = this.#count;
    this.#count = 0;
    return this.#positions;
  }
}

/**
 * Sorts values into groups by what their frames begin with. A Map by the bytes themselves would take more time and
 * memory than opening the values does where each is alone, and so would an object for each of those.
 */
export class ValueGroups {
  readonly #frames: readonly Uint8Array[];
  readonly #from: number;
  readonly #most: number;
  readonly #groups: ValueGroup[] = [];
  /** Values and groups, at places computed from their starts; as soon as there is more than one start. */
  #places: Uint32Array | undefined;
  /** How many of them are used, less one: a power of two, less one. */
  #mask = 0;
  #latest: ValueGroup | undefined;

  /** For the values at positions from `from` to `to`, at most `MOST_SORTED`. */
  constructor(frames: readonly Uint8Array[], from: number, to: number) {
    if (to - from > MOST_SORTED) throw new RangeError('Too many values to sort together');
    this.#frames = frames;
    this.#from = from;
    this.#most = to - from;
  }

  /** Every group there is. */
  get all(): readonly ValueGroup[] {
    return this.#groups;
  }

  /** The group that a value was added to last. */
  get latest(): ValueGroup | undefined {
    return this.#latest;
  }

  /**
   * Adds the values from one position on, but those that cannot be frames, that are alone or that too many look like.
   * Gives the position behind the last: `to`, or where `latest` has `full` values.
   */
  add(from: number, to: number, full: number): number {
    const frames = this.#frames;
    let latest = this.#latest;
    let position = from;
    while (position < to) {
      const frame = frames[position] as Uint8Array;
      if (latest?.seemsAlike(frame)) latest.add(position);
      else latest = this.#addTo(position, frame) ?? latest;
      position += 1;
      if (latest !== undefined && latest.count >= full) break;
    }
    this.#latest = latest;
    return position;
  }

  /** Lets go of the groups and gives back what it holds: the batch may go on for long without them. */
  end(): void {
    this.#groups.length = 0;
    this.#latest = undefined;
    const places = this.#places;
    if (places === undefined) return;
    this.#places = undefined;
    places.fill(0, 0, this.#mask + 1);
    if (spare === undefined || spare.length < places.length) spare = places;
  }

  /** Adds a value to those that begin alike, and gives their group; undefined where it is alone. */
  #addTo(position: number, frame: Uint8Array): ValueGroup | undefined {
    const startLength = frameStartLength(frame);
    if (startLength === 0 || startLength > lengthOf(frame)) return undefined;
    if (this.#groups.length === 0) {
      const group = new ValueGroup(frame, startLength, [position]);
      this.#groups.push(group);
      return group;
    }
    this.#places ??= this.#takePlaces();
    const places = this.#places;
    const glance = glanceAt(frame, startLength);
    let place = placeOf(glance, this.#mask);
    for (let look = 0; look < MOST_LOOKS; look++) {
      const there = places[place] as number;
      if (there === 0) {
        places[place] = numbered(glance, position - this.#from + 1);
        return undefined;
      }
      const group = (there ^ glance) >>> 16 === 0 ? this.#join(places, place, position, frame, startLength) : undefined;
      if (group !== undefined) return group;
      place = (place + 1) & this.#mask;
    }
    return undefined;
  }

  /** Adds a value to the group at a place, or to a new one with the value that is there, if they seem alike. */
  #join(
    places: Uint32Array,
    place: number,
    position: number,
    frame: Uint8Array,
    startLength: number,
  ): ValueGroup | undefined {
    const number = (places[place] as number) & NUMBER;
    if (number >= FIRST_GROUP) {
      const group = this.#groups[number - FIRST_GROUP] as ValueGroup;
      if (group.startLength !== startLength || !group.seemsAlike(frame)) return undefined;
      group.add(position);
      return group;
    }
    const first = this.#from + number - 1;
    const firstFrame = this.#frames[first] as Uint8Array;
    if (frameStartLength(firstFrame) !== startLength) return undefined;
    const group = new ValueGroup(firstFrame, startLength, [first, position]);
    if (!group.seemsAlike(frame)) return undefined;
    places[place] = numbered(group.glance, FIRST_GROUP + this.#groups.push(group) - 1);
    return group;
  }

  /** At least twice as many as values, of which there are two or more, with the first group at its place. */
  #takePlaces(): Uint32Array {
    const count = 4 << (31 - Math.clz32(this.#most - 1));
    const places = spare !== undefined && spare.length >= count ? spare : new Uint32Array(count);
    spare = undefined;
    this.#mask = count - 1;
    const { glance } = this.#groups[0] as ValueGroup;
    places[placeOf(glance, this.#mask)] = numbered(glance, FIRST_GROUP);
    return places;
  }
}

function suiteAndKind(frame: Uint8Array): number {
  return ((frame[2] as number) << 8) | (frame[3] as number);
}

/** What stands at a place. */
function numbered(glance: number, number: number): number {
  return (glance & ~NUMBER) | number;
}

/** Where to look first, from zero to `mask`. */
function placeOf(glance: number, mask: number): number {
  return Math.imul(glance, SPREAD) >>> Math.clz32(mask);
}
