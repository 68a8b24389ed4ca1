import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work after which the event loop gets its turn. */
const SLICE = 4;

/** Divides a long batch into slices, so that timers, sockets and other requests are served in between. */
export class Pace {
  #start = performance.now();

  /** Whether this slice has lasted long enough. */
  get isDue(): boolean {
    return performance.now() - this.#start >= SLICE;
  }

  /** Lets the event loop have its turn. */
  async rest(): Promise<void> {
    await setImmediate();
    this.#start = performance.now();
  }
}
