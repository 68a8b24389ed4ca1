/// <reference types="node" preserve="true" />
import { types } from 'node:util';
import { BatchOpening } from './batch-engine/batch-opening.js';
import { chooseEngine, type Engine, type EngineChoice } from './batch-engine/choose-engine.js';
import type { TakePlaintext } from './batch-engine/open-many.js';
import { nextChunk, Pace } from './batch-engine/pace.js';
import { ownBytes, type ReadPlaintext } from './batch-engine/read-plaintext.js';
import { sealBatch } from './batch-engine/seal-batch.js';
import { MOST_SORTED } from './batch-engine/value-groups.js';
import { isKeyLoader, isSyncCrypterer } from './capabilities.js';
import { checkCallOptions } from './check-options.js';
import type { Crypterer, EncryptionContext, KeyLease, OnError } from './crypterer.js';
import type { ErrorCode } from './error-code.js';
import { type CryptererChoice, chooseCrypterer, emptyLease } from './module-functions.js';
import { causeOf, SqlcrypterError } from './sqlcrypter-error.js';

/** Values under way at once with a crypterer that can only work asynchronously. */
const ASYNC_CONCURRENCY = 8;

/** Values that are sealed before the event loop may have its turn. */
const VALUES_TO_SEAL = 1024;
/** Values that are looked at in one go. */
const VALUES_TO_CHECK = 16_384;

const BATCH_OPTIONS = ['crypterer', 'signal', 'scope', 'engine'];
const DECRYPT_OPTIONS = [...BATCH_OPTIONS, 'onError'];

const NO_BYTES = new Uint8Array(0);

/** A value to encrypt, and what it is bound to. */
export interface EncryptItem {
  readonly plaintext: Uint8Array;
  readonly context?: EncryptionContext | undefined;
}

/** A value to decrypt, and what it is bound to. */
export interface DecryptItem {
  readonly ciphertext: Uint8Array;
  readonly context?: EncryptionContext | undefined;
}

/** Options of the batch functions. */
export interface BatchOptions extends CryptererChoice {
  /** Ends the whole batch with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Whose data key to encrypt under, or whose the values must be under; see `CryptOptions.scope`. */
  readonly scope?: string | undefined;
  /**
   * `auto` (default): values under one key are worked on together where that is faster. `node`: each with node:crypto's
   * authenticated cipher. Results and errors are the same.
   */
  readonly engine?: EngineChoice | undefined;
}

/**
 * Encrypts many values and gives the ciphertexts in order. Rejects with the first error in order, whose `index` is the
 * position of its item; errors as {@link Crypterer.encrypt}. Long batches let the event loop have its turn.
 */
export async function encryptMany(list: readonly EncryptItem[], options: BatchOptions = {}): Promise<Buffer[]> {
  const chosen = chooseCrypterer(options);
  const { signal, scope } = options;
  const pace = new Pace();
  checkCallOptions(options, BATCH_OPTIONS);
  const items = copyOf(list, 'encryptMany');
  const isLong = items.length > VALUES_TO_CHECK;
  for (let from = 0; from < items.length; from += VALUES_TO_CHECK) {
    checkItems(items, from, 'encryptMany');
    if (isLong && pace.isDue) await pace.rest();
  }
  const encryptOne = ({ plaintext, context }: EncryptItem) => chosen.encrypt(plaintext, { context, signal, scope });
  if (!isSyncCrypterer(chosen)) return throwFirst(await eachConcurrently(items, encryptOne, pace));

  const engine = chooseEngine(options, chosen, 'keyToSeal', items, lengthToSeal);
  const results = new Array<Buffer | undefined>(items.length);
  if (isLong && pace.isDue) await pace.rest();
  for (let from = 0, to = 0; from < items.length; from = to) {
    to = Math.min(items.length, from + nextChunk(VALUES_TO_SEAL));
    const sealFrom = (start: number): boolean =>
      engine !== undefined && !isSpent(signal) && sealBatch(engine, items, start, to, results);
    const areSealed = sealFrom(from);
    for (let index = areSealed ? to : from; index < to; index++) {
      if (results[index] !== undefined) continue;
      const item = items[index] as EncryptItem;
      try {
        results[index] = chosen.encryptSync(item.plaintext, { context: item.context, signal, scope });
      } catch (error) {
        // There is no data key yet, or it is spent: one asynchronous call fetches the next.
        if (!needsWaiting(error)) throw atIndex(error, index);
        results[index] = await encryptOne(item).catch((failure) => {
          throw atIndex(failure, index);
        });
        sealFrom(index + 1);
      }
      if (pace.isDueAfter(item.plaintext.length)) await pace.rest();
    }
    if (to < items.length && pace.isDue) await pace.rest();
  }
  return results as Buffer[];
}

/**
 * Decrypts many values and gives the plaintexts in order: the distinct keys are loaded first, each once and in
 * parallel, and kept until the batch is done. Rejects with the first error in order, whose `index` is the position of
 * its item; with `onError: 'collect'` each error stands in the place of its value. Errors as {@link Crypterer.decrypt}.
 * Long batches let the event loop have its turn.
 */
export function decryptMany(
  items: readonly DecryptItem[],
  options: BatchOptions & { readonly onError: 'collect' },
): Promise<(Buffer | SqlcrypterError)[]>;
export function decryptMany(
  items: readonly DecryptItem[],
  options?: BatchOptions & { readonly onError?: 'throw' },
): Promise<Buffer[]>;
export async function decryptMany(
  items: readonly DecryptItem[],
  options: BatchOptions & { readonly onError?: OnError } = {},
): Promise<(Buffer | SqlcrypterError)[]> {
  const decryption = new BatchDecryption(options, new Pace());
  try {
    return await decryption.decrypt(items, ownBytes);
  } finally {
    decryption.end();
  }
}

/**
 * Decrypts a batch whose items are made portion by portion: the keys of each are kept for those that follow, until the
 * end. Errors as {@link decryptMany}.
 */
export class BatchDecryption {
  readonly #crypterer: Crypterer;
  readonly #options: BatchOptions & { readonly onError?: OnError };
  readonly #pace: Pace;
  readonly #leases: KeyLease[] = [];

  /** @param pace of the whole batch. */
  constructor(options: BatchOptions & { readonly onError?: OnError }, pace: Pace) {
    this.#crypterer = chooseCrypterer(options);
    checkCallOptions(options, DECRYPT_OPTIONS);
    this.#options = options;
    this.#pace = pace;
  }

  /**
   * Decrypts a portion and gives what `read` makes of the plaintexts, without a detour through Buffers where possible.
   * Positions, also those in errors, are of the portion.
   */
  async decrypt<T>(list: readonly DecryptItem[], read: ReadPlaintext<T>): Promise<(T | SqlcrypterError)[]> {
    const chosen = this.#crypterer;
    const pace = this.#pace;
    const items = copyOf(list, 'decryptMany');
    const isLong = items.length > VALUES_TO_CHECK;
    for (let from = 0; from < items.length; from += VALUES_TO_CHECK) {
      checkItems(items, from, 'decryptMany');
      if (isLong && pace.isDue) await pace.rest();
    }
    const { signal, scope, onError } = this.#options;
    if (!isSyncCrypterer(chosen)) {
      const decryptOne = async ({ ciphertext, context }: DecryptItem, index: number) =>
        readWhole(read, await chosen.decrypt(ciphertext, { context, signal, scope }), index);
      const results = await eachConcurrently(items, decryptOne, pace);
      return onError === 'collect' ? results : throwFirst(results);
    }

    const engine = chooseEngine(this.#options, chosen, 'keyToOpen', items, lengthToOpen);
    const results = new Array<T | SqlcrypterError>(items.length);
    if (isLong && pace.isDue) await pace.rest();
    let hasFailed = false;
    const fail = (error: unknown, index: number): void => {
      results[index] = atIndex(error, index);
      hasFailed = true;
    };
    const take: TakePlaintext = (position, memory, start, end) => {
      try {
        results[position] = read(memory, start, end, position);
      } catch (error) {
        fail(error, position);
      }
    };
    const engineNow = (): Engine | undefined => (isSpent(signal) ? undefined : engine);
    for (let from = 0, to = 0; from < items.length; from = to) {
      to = Math.min(items.length, from + MOST_SORTED);
      const opening = new BatchOpening(engineNow(), items, from, to, take);
      while (!opening.advance(pace)) await pace.rest();
      const left: number[] = [];
      for (let position = from; position < to; position++) if (results[position] === undefined) left.push(position);
      if (left.length === 0) continue;
      const lease = await leaseKeys(chosen, items, left, signal);
      this.#leases.push(lease);
      for (const [i, failure] of lease.failures) {
        const position = left[i] as number;
        if (types.isUint8Array(items[position]?.ciphertext)) fail(failure, position);
      }
      if (opening.withoutKey.length > 0) {
        // Now their keys are there.
        const positions = opening.withoutKey.filter((position) => results[position] === undefined);
        const waited = positions.map((position) => items[position] as DecryptItem);
        const takeWaited: TakePlaintext = (i, memory, start, end) => take(positions[i] as number, memory, start, end);
        const again = new BatchOpening(engineNow(), waited, 0, waited.length, takeWaited);
        while (!again.advance(pace)) await pace.rest();
      }
      for (const position of left) {
        if (results[position] !== undefined) continue;
        const item = items[position] as DecryptItem;
        const { ciphertext, context } = item;
        try {
          results[position] = readWhole(read, chosen.decryptSync(ciphertext, { context, signal, scope }), position);
        } catch (error) {
          fail(error, position);
        }
        if (pace.isDueAfter(lengthToOpen(item))) await pace.rest();
      }
      if (hasFailed && onError !== 'collect') break;
    }
    return hasFailed && onError !== 'collect' ? throwFirst(results) : results;
  }

  /** Gives the keys back. */
  end(): void {
    for (const lease of this.#leases.splice(0)) lease.dispose();
  }
}

async function leaseKeys(
  chosen: Crypterer,
  items: readonly DecryptItem[],
  positions: readonly number[],
  signal: AbortSignal | undefined,
): Promise<KeyLease> {
  if (!isKeyLoader(chosen)) return emptyLease();
  const ciphertexts = positions.map((position) => {
    const { ciphertext } = items[position] as DecryptItem;
    // What is not bytes has no key; its own decryption says so.
    return types.isUint8Array(ciphertext) ? ciphertext : NO_BYTES;
  });
  return chosen.loadKeys(ciphertexts, { signal, onError: 'collect' });
}

async function eachConcurrently<Item, T>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<T>,
  pace: Pace,
): Promise<(T | SqlcrypterError)[]> {
  const results = new Array<T | SqlcrypterError>(items.length);
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) {
      try {
        results[index] = await work(item, index);
      } catch (error) {
        results[index] = atIndex(error, index);
      }
      if (pace.isDue) await pace.rest();
    }
  };
  await Promise.all(Array.from({ length: Math.min(ASYNC_CONCURRENCY, items.length) }, worker));
  return results;
}

/** A list of our own: the caller may go on with its own while the batch waits. */
function copyOf<T>(list: readonly T[], name: string): T[] {
  if (!Array.isArray(list)) throw noItems(name);
  // Not slice(), which would keep the holes of the list as holes.
  return [...list];
}

/** Looks at a portion of the items. A whole list of any length would be too much for one turn. */
function checkItems(items: readonly unknown[], from: number, name: string): void {
  const to = Math.min(items.length, from + VALUES_TO_CHECK);
  for (let i = from; i < to; i++) if (items[i] === null || typeof items[i] !== 'object') throw noItems(name);
}

function noItems(name: string): SqlcrypterError {
  const shape = name === 'encryptMany' ? '{ plaintext, context? }' : '{ ciphertext, context? }';
  return new SqlcrypterError(
    'INVALID_ARGUMENT',
    `${name} was not given a list of objects. Expected an array of ${shape}.`,
  );
}

function lengthToSeal({ plaintext }: EncryptItem): number {
  return types.isUint8Array(plaintext) ? plaintext.length : 0;
}

function lengthToOpen({ ciphertext }: DecryptItem): number {
  return types.isUint8Array(ciphertext) ? ciphertext.length : 0;
}

/** Whether a signal has fired, or is none: the provider's own functions say which. */
function isSpent(signal: AbortSignal | undefined): boolean {
  return signal !== undefined && (!(signal instanceof AbortSignal) || signal.aborted);
}

/** Reads a plaintext that is a Buffer already; its own bytes need no copy. */
function readWhole<T>(read: ReadPlaintext<T>, plaintext: Buffer, index: number): T {
  return read === (ownBytes as unknown) ? (plaintext as T) : read(plaintext, 0, plaintext.length, index);
}

function throwFirst<T>(results: (T | SqlcrypterError)[]): T[] {
  for (const result of results) if (SqlcrypterError.is(result)) throw result;
  return results as T[];
}

const NEED_WAITING: readonly ErrorCode[] = ['KEY_NOT_LOADED', 'DEK_EXHAUSTED'];

function needsWaiting(error: unknown): boolean {
  return SqlcrypterError.is(error) && NEED_WAITING.includes(error.code);
}

function atIndex(error: unknown, index: number): SqlcrypterError {
  if (SqlcrypterError.is(error)) return SqlcrypterError.withDetails(error, { index });
  return new SqlcrypterError('PROVIDER_FAILED', 'The crypterer threw an error that has no code.', {
    cause: causeOf(error),
    index,
  });
}
