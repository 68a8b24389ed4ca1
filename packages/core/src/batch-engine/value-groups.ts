import { asBuffer } from '../as-buffer.js';
import { beginsAlike, frameStartLength } from './frame-start.js';

/** Values that begin alike up to their GCM nonce, and so most often share a derived key. */
export class ValueGroup {
  /** The first of the frames. */
  readonly frame: Uint8Array;
  /** How many bytes all begin with in common. */
  readonly startLength: number;
  /** Frames that are not opened yet, and where in the batch each is. */
  frames: Uint8Array[] = [];
  positions: number[] = [];

  constructor(frame: Uint8Array, startLength: number) {
    this.frame = frame;
    this.startLength = startLength;
  }

  /** Hands out the values that are not opened yet, and forgets them. */
  take(): { readonly frames: Uint8Array[]; readonly positions: number[] } {
    const { frames, positions } = this;
    this.frames = [];
    this.positions = [];
    return { frames, positions };
  }
}

/** Sorts frames into groups by what they begin with. */
export class ValueGroups {
  readonly #groups: ValueGroup[] = [];
  /** The same by name, as soon as there is more than one. */
  #byName: Map<string, ValueGroup> | undefined;
  #latest: ValueGroup | undefined;

  /** Adds the frame at a position of the batch, and gives its group; undefined if it cannot be a frame. */
  add(position: number, frame: Uint8Array): ValueGroup | undefined {
    const latest = this.#latest;
    const group =
      latest !== undefined && beginsAlike(frame, latest.frame, latest.startLength) ? latest : this.#find(frame);
    if (group === undefined) return undefined;
    this.#latest = group;
    group.frames.push(frame);
    group.positions.push(position);
    return group;
  }

  /** Every group there is. */
  get all(): readonly ValueGroup[] {
    return this.#groups;
  }

  #find(frame: Uint8Array): ValueGroup | undefined {
    const startLength = frameStartLength(frame);
    if (startLength === 0 || startLength > frame.length) return undefined;
    const [first] = this.#groups;
    if (first === undefined) return this.#create(frame, startLength);
    this.#byName ??= new Map([[nameOf(first.frame, first.startLength), first]]);
    const name = nameOf(frame, startLength);
    let group = this.#byName.get(name);
    if (group === undefined) {
      group = this.#create(frame, startLength);
      this.#byName.set(name, group);
    }
    return group;
  }

  #create(frame: Uint8Array, startLength: number): ValueGroup {
    const group = new ValueGroup(frame, startLength);
    this.#groups.push(group);
    return group;
  }
}

function nameOf(frame: Uint8Array, length: number): string {
  return asBuffer(frame).toString('latin1', 0, length);
}
