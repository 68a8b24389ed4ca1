import type { DataKey } from '@sqlcrypter/core/provider';
import { Age } from './age.js';
import type { DekLimits } from './options.js';

/** Where between these shares of a soft limit the next key is fetched: spread, so that a fleet does not do so at once. */
const RENEW_FROM = 0.7;
const RENEW_SPREAD = 0.2;
/** The share of a soft limit at which a key is not used any more. */
const HARD = 2;

/** A data key to write with: what goes before each value, and how far the key may go. */
export class WriteKey {
  readonly dataKey: DataKey;
  readonly wrapped: Buffer;
  /** The bytes before the nonce of every value. */
  readonly header: Buffer;
  readonly #limits: Required<DekLimits>;
  readonly #age = new Age();
  readonly #renewAt = RENEW_FROM + Math.random() * RENEW_SPREAD;

  constructor(dataKey: DataKey, wrapped: Buffer, header: Buffer, limits: Required<DekLimits>) {
    this.dataKey = dataKey;
    this.wrapped = wrapped;
    this.header = header;
    this.#limits = limits;
  }

  /** Milliseconds since the KMS made it. */
  get age(): number {
    return this.#age.milliseconds;
  }

  /** Whether the next key is due. */
  get isDue(): boolean {
    return this.#hasReached(this.#renewAt);
  }

  /** Whether not one more value may be encrypted. */
  get isExhausted(): boolean {
    return this.#hasReached(HARD);
  }

  /** Whether so many more values, of so many bytes together, leave the next key not due by their number. */
  hasRoomFor(values: number, bytes: number): boolean {
    const { maxValues, maxBytes } = this.#limits;
    return (
      this.dataKey.sealedValues + values < this.#renewAt * maxValues &&
      this.dataKey.sealedBytes + bytes < this.#renewAt * maxBytes
    );
  }

  #hasReached(share: number): boolean {
    const { maxValues, maxBytes, maxAge } = this.#limits;
    return (
      this.dataKey.sealedValues >= share * maxValues ||
      this.dataKey.sealedBytes >= share * maxBytes ||
      this.#age.milliseconds >= share * maxAge
    );
  }
}
