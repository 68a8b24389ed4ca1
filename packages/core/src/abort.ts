import { SqlcrypterError } from './sqlcrypter-error.js';

/** The calls that wait on one signal, behind one listener: Node warns of more than ten listeners. */
class Waiting {
  readonly #calls = new Set<() => void>();
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => {
    for (const end of this.#calls) end();
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(end: () => void): void {
    if (this.#calls.size === 0) this.#signal.addEventListener('abort', this.#onAbort);
    this.#calls.add(end);
  }

  delete(end: () => void): void {
    this.#calls.delete(end);
    if (this.#calls.size === 0) this.#signal.removeEventListener('abort', this.#onAbort);
  }
}

const waitingOn = new WeakMap<AbortSignal, Waiting>();

/** The error of every call that its caller's signal ended. */
export function aborted(): SqlcrypterError {
  return new SqlcrypterError('ABORTED', "The call was given up because the caller's signal fired.");
}

/** Runs `work` once when the signal fires, unless the returned function is called before. */
export function onAbort(signal: AbortSignal, work: () => void): () => void {
  const waiting = waitingOn.get(signal) ?? new Waiting(signal);
  waitingOn.set(signal, waiting);
  waiting.add(work);
  return () => waiting.delete(work);
}

/**
 * Waits for work no longer than until the signal fires, then throws `ABORTED`: work that others share goes on, and its
 * late result goes to `discard`.
 */
export async function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  discard?: (late: T) => void,
): Promise<T> {
  if (signal === undefined) return work;
  let stopListening = (): void => undefined;
  const abort = new Promise<never>((_resolve, reject) => {
    const end = () => reject(aborted());
    stopListening = onAbort(signal, end);
    // The signal may have fired after it was checked, while the work was begun.
    if (signal.aborted) end();
  });
  try {
    return await Promise.race([abort, work]);
  } catch (error) {
    if (!signal.aborted) throw error;
    work.then(discard, () => undefined);
    throw aborted();
  } finally {
    stopListening();
  }
}
