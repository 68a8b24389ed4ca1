import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work after which the event loop gets its turn. What garbage collection takes comes on top. */
const SLICE = 2;

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

const FIRST_CHUNK = 128;
let workedValues = 0;

/**
 * How many values to work on before the clock is looked at: at most `most`, and fewer as long as this process has seen
 * few, because what V8 has not compiled yet takes ten times as long.
 */
export function nextChunk(most: number): number {
  const chunk = Math.min(most, Math.max(FIRST_CHUNK, workedValues));
  workedValues += chunk;
  return chunk;
}
