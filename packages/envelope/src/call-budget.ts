/** Calls to KMSs that one load of a key may make: whoever writes to the key table may put any number of wraps there. */
const MOST_CALLS = 8;

/** What one load of a key may cost, however many wraps and branch keys its row names. */
export class CallBudget {
  readonly #milliseconds: number;
  readonly #checkRate: () => void;
  #calls = MOST_CALLS;
  #start: number | undefined;

  /**
   * @param milliseconds from the first call on: the wait for its turn does not count.
   * @param checkRate throws `KMS_RATE_LIMITED` where one more call is one too many.
   */
  constructor(milliseconds: number, checkRate: () => void) {
    this.#milliseconds = milliseconds;
    this.#checkRate = checkRate;
  }

  get millisecondsLeft(): number {
    this.#start ??= performance.now();
    return this.#milliseconds - (performance.now() - this.#start);
  }

  get callsLeft(): number {
    return this.#calls;
  }

  get isSpent(): boolean {
    return this.#calls === 0 || (this.#start !== undefined && this.millisecondsLeft <= 0);
  }

  /** Pays for one call. Errors: `KMS_RATE_LIMITED`. */
  spend(): void {
    try {
      this.#checkRate();
    } catch (error) {
      this.#calls = 0;
      throw error;
    }
    this.#calls -= 1;
  }
}
