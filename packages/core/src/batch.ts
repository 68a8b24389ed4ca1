/// <reference types="node" preserve="true" />
import { types } from 'node:util';
import { isKeyLoader, isSyncCrypterer } from './capabilities.js';
import type { Crypterer, EncryptionContext, KeyLease, OnError } from './crypterer.js';
import type { ErrorCode } from './error-code.js';
import { type CryptererChoice, chooseCrypterer, emptyLease } from './module-functions.js';
import { causeOf, SqlcrypterError } from './sqlcrypter-error.js';

/** Values under way at once with a crypterer that can only work asynchronously. */
const ASYNC_CONCURRENCY = 8;

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
  /** Whose data key to encrypt under; see `CryptOptions.scope`. */
  readonly scope?: string | undefined;
}

/**
 * Encrypts many values and gives the ciphertexts in order. Rejects with the first error in order, whose `index` is the
 * position of its item; errors as {@link Crypterer.encrypt}.
 */
export async function encryptMany(items: readonly EncryptItem[], options: BatchOptions = {}): Promise<Buffer[]> {
  const chosen = chooseCrypterer(options);
  const { signal, scope } = options;
  checkItems(items, 'encryptMany');
  const encryptOne = ({ plaintext, context }: EncryptItem) => chosen.encrypt(plaintext, { context, signal, scope });
  if (!isSyncCrypterer(chosen)) return throwFirst(await eachConcurrently(items, encryptOne));

  const results: Buffer[] = [];
  for (const [index, item] of items.entries()) {
    const { plaintext, context } = item;
    try {
      results.push(chosen.encryptSync(plaintext, { context, signal, scope }));
    } catch (error) {
      // There is no data key yet, or it is spent: one asynchronous call fetches the next.
      if (!needsWaiting(error)) throw atIndex(error, index);
      results.push(
        await encryptOne(item).catch((failure) => {
          throw atIndex(failure, index);
        }),
      );
    }
  }
  return results;
}

/**
 * Decrypts many values and gives the plaintexts in order: the distinct keys are loaded first, each once and in
 * parallel, and kept until the batch is done. Rejects with the first error in order, whose `index` is the position of
 * its item; with `onError: 'collect'` each error stands in the place of its value. Errors as {@link Crypterer.decrypt}.
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
  const chosen = chooseCrypterer(options);
  checkItems(items, 'decryptMany');
  const results = await decryptEach(chosen, items, options.signal);
  return options.onError === 'collect' ? results : throwFirst(results);
}

async function decryptEach(
  chosen: Crypterer,
  items: readonly DecryptItem[],
  signal: AbortSignal | undefined,
): Promise<(Buffer | SqlcrypterError)[]> {
  if (!isSyncCrypterer(chosen)) {
    return eachConcurrently(items, ({ ciphertext, context }) => chosen.decrypt(ciphertext, { context, signal }));
  }
  const lease = await leaseKeys(chosen, items, signal);
  try {
    return items.map(({ ciphertext, context }, index) => {
      const failure = types.isUint8Array(ciphertext) ? lease.failures.get(index) : undefined;
      if (failure !== undefined) return atIndex(failure, index);
      try {
        return chosen.decryptSync(ciphertext, { context, signal });
      } catch (error) {
        return atIndex(error, index);
      }
    });
  } finally {
    lease.dispose();
  }
}

async function leaseKeys(
  chosen: Crypterer,
  items: readonly DecryptItem[],
  signal: AbortSignal | undefined,
): Promise<KeyLease> {
  if (!isKeyLoader(chosen)) return emptyLease();
  // What is not bytes has no key; its own decryption says so.
  const ciphertexts = items.map(({ ciphertext }) => (types.isUint8Array(ciphertext) ? ciphertext : NO_BYTES));
  return chosen.loadKeys(ciphertexts, { signal, onError: 'collect' });
}

async function eachConcurrently<T>(
  items: readonly T[],
  work: (item: T) => Promise<Buffer>,
): Promise<(Buffer | SqlcrypterError)[]> {
  const results = new Array<Buffer | SqlcrypterError>(items.length);
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) {
      try {
        results[index] = await work(item);
      } catch (error) {
        results[index] = atIndex(error, index);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(ASYNC_CONCURRENCY, items.length) }, worker));
  return results;
}

function checkItems(items: unknown, name: string): void {
  // Not every(): it passes over the holes of a list.
  if (Array.isArray(items) && !Array.from(items).some((item) => item === null || typeof item !== 'object')) return;
  const shape = name === 'encryptMany' ? '{ plaintext, context? }' : '{ ciphertext, context? }';
  throw new SqlcrypterError('TYPE', `${name} was not given a list of objects. Expected an array of ${shape}.`);
}

function throwFirst(results: (Buffer | SqlcrypterError)[]): Buffer[] {
  for (const result of results) if (SqlcrypterError.is(result)) throw result;
  return results as Buffer[];
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
