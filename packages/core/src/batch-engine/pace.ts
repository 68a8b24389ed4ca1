import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work after which the event loop gets its turn. What garbage collection takes comes on top. */
const SLICE = 2;
/** The clock is asked once for work on so many bytes, a tenth of a millisecond: 32 short values with node:crypto. */
const BYTES_PER_GLANCE = 320_000;
/** What a value costs beside its bytes, in bytes. */
const VALUE = 10_000;

/** Divides a long batch into slices, so that timers, sockets and other requests are served in between. */
export class Pace {
  #start = performance.now();
  #bytes = 0;

  /** Whether this slice has lasted long enough. */
  get isDue(): boolean {
    return performance.now() - this.#start >= SLICE;
  }

  /** Whether it has, after one more value of so many bytes. Looks at the clock now and then only. */
  isDueAfter(bytes: number): boolean {
    this.#bytes += VALUE + bytes;
    if (this.#bytes < BYTES_PER_GLANCE) return false;
    this.#bytes = 0;
    return this.isDue;
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
