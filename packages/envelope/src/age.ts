/**
 * Milliseconds since a moment, by the clock that has gone further: the monotonic one stands still while a machine
 * sleeps, the wall clock may be set back. What must end in time ends in time under either.
 */
export class Age {
  #wall = Date.now();
  #monotonic = performance.now();

  get milliseconds(): number {
    return Math.max(Date.now() - this.#wall, performance.now() - this.#monotonic);
  }

  restart(): void {
    this.#wall = Date.now();
    this.#monotonic = performance.now();
  }
}
