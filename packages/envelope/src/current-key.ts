import { SqlcrypterError } from '@sqlcrypter/core';
import { BackOff } from './back-off.js';
import type { WriteKey } from './write-key.js';

/** Between attempts at a renewal in the background. */
const RETRY_FIRST = 1_000;
const RETRY_LAST = 60_000;

/**
 * The data key that values are encrypted under, and its renewal: one call at a time, ahead of the limits and in the
 * background, so that writers never wait; a failed one is repeated while the old key lasts.
 */
export class CurrentKey {
  readonly #make: () => Promise<WriteKey>;
  #key: WriteKey | undefined;
  #making: Promise<WriteKey> | undefined;
  readonly #backOff = new BackOff(RETRY_FIRST, RETRY_LAST);
  #closed = false;

  /** @param make asks the KMS for a new key. */
  constructor(make: () => Promise<WriteKey>) {
    this.#make = make;
  }

  /** The key in use, if there is one. */
  get key(): WriteKey | undefined {
    return this.#key;
  }

  /** A key to encrypt the next value under, at once. Errors: `KEY_NOT_LOADED`, `DEK_EXHAUSTED`. */
  takeSync(): WriteKey {
    const key = this.#key;
    if (key === undefined) {
      throw new SqlcrypterError(
        'KEY_NOT_LOADED',
        'There is no data key to encrypt with yet, or the KMS took the last one away. Await one encrypt() first, ' +
          "or create the crypterer with generate: 'start'.",
      );
    }
    // What is not due is not spent either: the usual value costs one look at the clocks.
    if (!key.isDue) return key;
    this.#renewInBackground();
    if (key.isExhausted) throw exhausted();
    return key;
  }

  /** Whether `takeSync` gives a key. */
  get isReady(): boolean {
    return this.#key !== undefined && !this.#key.isExhausted;
  }

  /**
   * Waits for a new key, where there is none or it is spent. By the time the wait ends others may have used it up.
   *
   * Errors: what making one ended in, or `DEK_EXHAUSTED` with that as its cause where there was a key before.
   */
  async renew(): Promise<void> {
    const spent = this.#key;
    let made: WriteKey;
    try {
      made = await this.#renew();
    } catch (error) {
      if (spent === undefined || !SqlcrypterError.is(error) || error.code === 'DISPOSED') throw error;
      throw exhausted(error);
    }
    // Too old before its first value: whoever waits in a loop would call the KMS without end.
    if (made.isExhausted && made.dataKey.sealedValues === 0) throw exhausted();
  }

  /** Gives the key up: the next value waits for another. */
  giveUp(): void {
    this.#key = undefined;
  }

  /** Gives the key up, and the one that is being made. */
  close(): void {
    this.#key = undefined;
    this.#closed = true;
  }

  #renewInBackground(): void {
    if (this.#making !== undefined || this.#backOff.isResting) return;
    this.#renew().catch(() => {
      // Whoever needs a key and has none gets the error from a call of its own.
    });
  }

  #renew(): Promise<WriteKey> {
    this.#making ??= this.#make()
      .then(
        (key) => {
          if (!this.#closed) this.#key = key;
          this.#backOff.reset();
          return key;
        },
        (error) => {
          this.#backOff.fail();
          throw error;
        },
      )
      .finally(() => {
        this.#making = undefined;
      });
    return this.#making;
  }
}

function exhausted(reason?: SqlcrypterError): SqlcrypterError {
  const why = reason === undefined ? 'a new one is being fetched' : `a new one could not be had (${reason.code})`;
  return new SqlcrypterError(
    'DEK_EXHAUSTED',
    `The data key has reached its hard limit of values, bytes or age (dekLimits), and ${why}. ` +
      'Nothing was encrypted. Try again; if it stays so, see why the KMS does not answer.',
    { cause: reason && { name: reason.code } },
  );
}
