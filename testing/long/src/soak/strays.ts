/** Collects what nobody in the program waits for: rejections without a handler, and warnings. */
export class Strays implements Disposable {
  readonly rejections: unknown[] = [];
  readonly warnings: Error[] = [];
  readonly #onRejection = (reason: unknown): void => void this.rejections.push(reason);
  readonly #onWarning = (warning: Error): void => void this.warnings.push(warning);

  constructor() {
    process.on('unhandledRejection', this.#onRejection);
    process.on('warning', this.#onWarning);
  }

  [Symbol.dispose](): void {
    process.off('unhandledRejection', this.#onRejection);
    process.off('warning', this.#onWarning);
  }
}
