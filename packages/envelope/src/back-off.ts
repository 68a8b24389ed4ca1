/** Pauses after failures, which double from the first to the last, each shortened at random by up to half. */
export class BackOff {
  readonly #first: number;
  readonly #last: number;
  #failures = 0;
  /** By the monotonic clock. */
  #until = 0;

  /** @param first milliseconds, as `last`. */
  constructor(first: number, last: number) {
    this.#first = first;
    this.#last = last;
  }

  get isResting(): boolean {
    return performance.now() < this.#until;
  }

  fail(): void {
    const pause = Math.min(this.#last, this.#first * 2 ** this.#failures);
    this.#failures += 1;
    this.#until = performance.now() + pause * (0.5 + Math.random() / 2);
  }

  reset(): void {
    this.#failures = 0;
    this.#until = 0;
  }
}
