/// <reference types="node" preserve="true" />
import { BatchCall, type BatchOptions } from './batch-call.js';
import { BatchOpening, type OpenedValues } from './batch-engine/batch-opening.js';
import type { BatchValues } from './batch-engine/batch-values.js';
import { chooseEngine, type Engine } from './batch-engine/choose-engine.js';
import type { Pace } from './batch-engine/pace.js';
import { ownBytes, type ReadPlaintext } from './batch-engine/read-plaintext.js';
import { MOST_SORTED } from './batch-engine/value-groups.js';
import { throwFirst } from './batch-results.js';
import { isKeyLoader, isSyncCrypterer } from './capabilities.js';
import { coded, resultBytes } from './coded-error.js';
import type { Crypterer, KeyLease, KeyLoader, OnError, SyncCrypterer } from './crypterer.js';
import { eachConcurrently } from './each-concurrently.js';
import { lengthOf } from './genuine-bytes.js';
import { SqlcrypterError } from './sqlcrypter-error.js';
import { type DecryptItem, TakenValues } from './taken-values.js';
import { withoutStackTraces } from './without-stack-traces.js';

/**
 * Decrypts a batch whose items are made portion by portion: the keys of each are kept for those that follow, until the
 * end. Errors as `decryptMany`.
 */
export class BatchDecryption {
  readonly #call: BatchCall;
  readonly #leases: KeyLease[] = [];

  /** @param pace of the whole batch. */
  constructor(options: (BatchOptions & { readonly onError?: OnError }) | undefined, pace: Pace) {
    this.#call = new BatchCall(options, 'decrypt', pace);
  }

  /**
   * Decrypts a portion and gives what `read` makes of the plaintexts, without a detour through Buffers where possible.
   * Positions, also those in errors, are of the portion. The portion is taken before the function returns.
   */
  decrypt<T>(items: readonly DecryptItem[], read: ReadPlaintext<T>): Promise<(T | SqlcrypterError)[]> {
    const { crypterer } = this.#call;
    if (isSyncCrypterer(crypterer)) return this.#decryptHere(crypterer, items, read);
    return this.#decryptLater(crypterer, items, read);
  }

  /** Gives the keys back. */
  end(): void {
    for (const lease of this.#leases.splice(0)) {
      try {
        lease.dispose();
      } catch (error) {
        throw coded(error);
      }
    }
  }

  async #decryptLater<T>(
    crypterer: Crypterer,
    items: readonly DecryptItem[],
    read: ReadPlaintext<T>,
  ): Promise<(T | SqlcrypterError)[]> {
    const { signal, scope, collects } = this.#call;
    const results = await eachConcurrently(this.#call, items, 'ciphertext', async (taken, index) => {
      const options = { context: taken.contextAt(index), signal, scope };
      return readWhole(read, await crypterer.decrypt(taken.at(index), options), index);
    });
    return collects ? results : throwFirst(results);
  }

  async #decryptHere<T>(
    crypterer: Crypterer & SyncCrypterer,
    items: readonly DecryptItem[],
    read: ReadPlaintext<T>,
  ): Promise<(T | SqlcrypterError)[]> {
    const call = this.#call;
    const { signal, scope, pace } = call;
    let firstFailure = Number.POSITIVE_INFINITY;
    const settle = (error: SqlcrypterError, index: number): void => {
      results[index] = SqlcrypterError.withDetails(error, { index });
      if (index < firstFailure) firstFailure = index;
    };
    const fail = (error: unknown, index: number): void => settle(coded(error), index);
    const taken = new TakenValues(items, 'ciphertext', fail);
    const results = new Array<T | SqlcrypterError>(taken.length);
    const decryptOne = (index: number): void => {
      try {
        const options = { context: taken.contextAt(index), signal, scope };
        results[index] = readWhole(read, crypterer.decryptSync(taken.at(index), options), index);
      } catch (error) {
        fail(error, index);
      }
    };
    const opened: OpenedValues = {
      take(position, memory, start, end) {
        try {
          results[position] = read(memory, start, end, position);
        } catch (error) {
          fail(error, position);
        }
      },
      // What the engine refuses the provider refuses, too, and says why. It is asked about one of many: a fault of the
      // engine would show there, and then each goes through the provider's own function.
      refuse(positions) {
        withoutStackTraces(() => {
          const [first] = positions;
          if (first === undefined) return;
          decryptOne(first);
          const verdict = results[first];
          if (!SqlcrypterError.is(verdict) || verdict.code !== 'AUTH_FAILED') return;
          for (let i = 1; i < positions.length; i++) settle(verdict, positions[i] as number);
        });
      },
    };
    const engine = chooseEngine(call, 'keyToOpen', taken, taken.length);
    for (let from = 0, to = 0; from < taken.length; from = to) {
      to = Math.min(taken.length, from + MOST_SORTED);
      const opening = new BatchOpening(engine, taken, from, to, opened);
      while (!opening.advance(pace)) await call.rest(taken, results);
      taken.take(to);
      const left: number[] = [];
      for (let position = from; position < to; position++) if (results[position] === undefined) left.push(position);
      if (left.length > 0 && isKeyLoader(crypterer)) {
        taken.keep(results);
        for (const [i, failure] of await this.#loadKeys(crypterer, taken, left)) fail(failure, left[i] as number);
        // Now their keys are there.
        const waited = opening.withoutKey.filter((position) => results[position] === undefined);
        const again = openingOf(engine, taken, waited, opened);
        while (!again.advance(pace)) await call.rest(taken, results);
      }
      for (const position of left) {
        if (position > firstFailure && !call.collects) break;
        if (results[position] !== undefined) continue;
        withoutStackTraces(() => decryptOne(position));
        if (pace.isDueAfter(lengthOf(taken.bytes[position] as Uint8Array))) await call.rest(taken, results);
      }
      if (firstFailure < to && !call.collects) break;
    }
    return firstFailure === Number.POSITIVE_INFINITY || call.collects ? results : throwFirst(results);
  }

  /** Keeps the keys until the end, and gives why some could not be loaded. */
  async #loadKeys(loader: KeyLoader, taken: TakenValues, positions: readonly number[]): Promise<KeyLease['failures']> {
    const { signal } = this.#call;
    const ciphertexts = positions.map((position) => taken.at(position));
    try {
      const lease = await loader.loadKeys(ciphertexts, { signal, onError: 'collect' });
      this.#leases.push(lease);
      return new Map(lease.failures);
    } catch (error) {
      throw coded(error);
    }
  }
}

/** An opening of the values at some positions, which need not follow one another. */
function openingOf(
  engine: Engine | undefined,
  taken: BatchValues,
  positions: readonly number[],
  { take, refuse }: OpenedValues,
): BatchOpening {
  const bytes = positions.map((position) => taken.bytes[position] as Uint8Array);
  const contexts = positions.map((position) => taken.contexts[position] as Buffer);
  const positionOf = (i: number): number => positions[i] as number;
  return new BatchOpening(engine, { bytes, contexts, take: () => undefined }, 0, positions.length, {
    take: (i, memory, start, end) => take(positionOf(i), memory, start, end),
    refuse: (refused) => refuse(refused.map(positionOf)),
  });
}

/** Reads a plaintext that is a Buffer already; its own bytes need no copy. */
function readWhole<T>(read: ReadPlaintext<T>, result: unknown, index: number): T {
  const plaintext = resultBytes(result);
  return read === (ownBytes as unknown) ? (plaintext as T) : read(plaintext, 0, plaintext.length, index);
}
