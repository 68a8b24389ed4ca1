/// <reference types="node" preserve="true" />
import { aborted, type DataKey, onAbort } from '@sqlcrypter/core/provider';

/** One unwrap that several callers wait for. Before it has begun it is given up once none of them does. */
export class SharedUnwrap {
  readonly dataKey: Promise<DataKey>;
  readonly #abandoned = new AbortController();
  #callers = 0;
  #hasBegun = false;

  /** @param start is handed what to call when the work begins, and a signal that takes it out of the queue. */
  constructor(start: (begin: () => void, signal: AbortSignal) => Promise<DataKey>) {
    const begin = () => {
      this.#hasBegun = true;
    };
    this.dataKey = start(begin, this.#abandoned.signal);
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
