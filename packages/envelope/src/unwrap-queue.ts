/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';

/** Unwraps under way at once per crypterer. */
export const UNWRAP_CONCURRENCY = 8;
/** Unwraps that wait for their turn. */
const MOST_WAITING = 4_096;

interface Waiting {
  begin(): void;
  refuse(reason: unknown): void;
}

/**
 * The turns of unwraps. Every second one is the newest's: whoever makes a crypterer ask for a thousand forged keys does
 * not keep a genuine one waiting behind them, and nobody waits without end. Where too many wait the oldest is refused.
 */
export class UnwrapQueue {
  readonly #waiting: Waiting[] = [];
  #underWay = 0;
  #newestIsNext = true;

  /** @param signal takes work out that has not begun. Errors: `KMS_RATE_LIMITED`, the signal's reason. */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#underWay < UNWRAP_CONCURRENCY) this.#underWay += 1;
    else await this.#turn(signal);
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  /** Until one that is under way hands its place over. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { begin: resolve, refuse: reject };
      this.#waiting.push(waiting);
      const leave = () => {
        const index = this.#waiting.indexOf(waiting);
        if (index >= 0) this.#waiting.splice(index, 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      if (this.#waiting.length > MOST_WAITING) this.#waiting.shift()?.refuse(tooMany());
    });
  }

  #next(): void {
    const next = this.#newestIsNext ? this.#waiting.pop() : this.#waiting.shift();
    this.#newestIsNext = !this.#newestIsNext;
    if (next === undefined) this.#underWay -= 1;
    else next.begin();
  }
}

function tooMany(): SqlcrypterError {
  return new SqlcrypterError(
    'KMS_RATE_LIMITED',
    `More than ${MOST_WAITING} data keys wait to be unwrapped by the KMS, and the one that waited longest was given up. ` +
      'The KMS was not called for it. Try again later, and read fewer values at once.',
  );
}
