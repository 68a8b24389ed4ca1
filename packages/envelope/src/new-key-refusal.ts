import { SqlcrypterError } from '@sqlcrypter/core';
import { BackOff } from './back-off.js';

const RETRY_FIRST = 1_000;
/** Short: who has just been given the permission waits for no longer. */
const RETRY_LAST = 5_000;

/**
 * The KMS's refusal of a new key, for whoever asks again at once: values that are encrypted one after the other would
 * call it each time. An outage is not kept: it may end at any moment.
 */
export class NewKeyRefusal {
  readonly #backOff = new BackOff(RETRY_FIRST, RETRY_LAST);
  #refusal: SqlcrypterError | undefined;

  async guard<T>(make: () => Promise<T>): Promise<T> {
    if (this.#refusal !== undefined && this.#backOff.isResting) throw SqlcrypterError.withDetails(this.#refusal, {});
    try {
      const made = await make();
      this.forget();
      return made;
    } catch (error) {
      if (SqlcrypterError.is(error) && !error.retryable && error.code !== 'DISPOSED') {
        this.#refusal = error;
        this.#backOff.fail();
      }
      throw error;
    }
  }

  forget(): void {
    this.#refusal = undefined;
    this.#backOff.reset();
  }
}
