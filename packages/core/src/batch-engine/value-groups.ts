import { beginsAlike, frameStartLength } from './frame-start.js';

/** Values that begin alike up to their GCM nonce, and so most often share a derived key. */
export interface ValueGroup {
  /** The first of the frames. */
  readonly frame: Buffer;
  /** How many bytes all begin with in common. */
  readonly startLength: number;
  /** Where in the batch each value is; empty again when they have been opened. */
  positions: number[];
}

/** Sorts frames into groups by what they begin with. */
export class ValueGroups {
  readonly #groups: ValueGroup[] = [];
  /** The same by name, as soon as there is more than one. */
  #byName: Map<string, ValueGroup> | undefined;
  #latest: ValueGroup | undefined;

  /** Adds the frame at a position of the batch, and gives its group; undefined if it cannot be a frame. */
  add(position: number, frame: Buffer): ValueGroup | undefined {
    const latest = this.#latest;
    const group =
      latest !== undefined && beginsAlike(frame, latest.frame, latest.startLength) ? latest : this.#find(frame);
    if (group === undefined) return undefined;
    this.#latest = group;
    group.positions.push(position);
    return group;
  }

  /** Every group there is. */
  get all(): readonly ValueGroup[] {
    return this.#groups;
  }

  #find(frame: Buffer): ValueGroup | undefined {
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

  #create(frame: Buffer, startLength: number): ValueGroup {
    const group = { frame, startLength, positions: [] };
    this.#groups.push(group);
    return group;
  }
}

function nameOf(frame: Buffer, length: number): string {
  return frame.toString('latin1', 0, length);
}
