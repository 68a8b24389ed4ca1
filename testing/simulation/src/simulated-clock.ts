/** Moves the clocks of this process forward: both that the code under test looks at. Timers stay as they are. */
export class SimulatedClock {
  readonly #now = Date.now;
  readonly #monotonic = performance.now;
  #offset = 0;

  constructor() {
    Date.now = () => this.#now.call(Date) + this.#offset;
    performance.now = () => this.#monotonic.call(performance) + this.#offset;
  }

  forward(milliseconds: number): void {
    this.#offset += milliseconds;
  }

  restore(): void {
    Date.now = this.#now;
    performance.now = this.#monotonic;
  }
}
