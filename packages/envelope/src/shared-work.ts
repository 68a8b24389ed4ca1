/// <reference types="node" preserve="true" />
import { aborted, onAbort } from '@sqlcrypter/core/provider';

/** Work that several callers wait for. Until it has begun it is given up once none of them waits any more. */
export class SharedWork<T> {
  readonly result: Promise<T>;
  readonly #abandoned = new AbortController();
  #callers = 0;
  #hasBegun = false;

  /** @param start is handed what to call once the work goes on to its end in any case, and a signal that gives it up. */
  constructor(start: (begin: () => void, signal: AbortSignal) => Promise<T>) {
    const begin = () => {
      this.#hasBegun = true;
    };
    this.result = start(begin, this.#abandoned.signal);
  }

  get isAbandoned(): boolean {
    return this.#abandoned.signal.aborted;
  }

  /** Adds a caller until the signal fires or the returned function is called. */
  join(signal: AbortSignal | undefined): () => void {
    this.#callers += 1;
    let isHere = true;
    const leave = () => {
      if (!isHere) return;
      isHere = false;
      stopListening();
      this.#callers -= 1;
      if (this.#callers === 0 && !this.#hasBegun) this.#abandoned.abort(aborted());
    };
    const stopListening = signal === undefined ? () => undefined : onAbort(signal, leave);
    if (signal?.aborted) leave();
    return leave;
  }
}
