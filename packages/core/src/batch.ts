/// <reference types="node" preserve="true" />
import { BatchCall, type BatchOptions } from './batch-call.js';
import { BatchDecryption } from './batch-decryption.js';
import { chooseEngine } from './batch-engine/choose-engine.js';
import { nextChunk, Pace } from './batch-engine/pace.js';
import { ownBytes } from './batch-engine/read-plaintext.js';
import { sealBatch } from './batch-engine/seal-batch.js';
import { atIndex, needsWaiting, throwFirst } from './batch-results.js';
import { isSyncCrypterer } from './capabilities.js';
import { resultBytes } from './coded-error.js';
import type { OnError } from './crypterer.js';
import { eachConcurrently } from './each-concurrently.js';
import { lengthOf } from './genuine-bytes.js';
import type { SqlcrypterError } from './sqlcrypter-error.js';
import { type DecryptItem, type EncryptItem, TakenValues } from './taken-values.js';

/** Values that are sealed before the event loop may have its turn. */
const VALUES_TO_SEAL = 1024;

/**
 * Encrypts many values and gives the ciphertexts in order. Rejects with the first error in order, whose `index` is the
 * position of its item; errors as {@link Crypterer.encrypt}. The list, its items and their memory may be used again as
 * soon as this has returned its promise. Long batches let the event loop have its turn.
 */
export async function encryptMany(items: readonly EncryptItem[], options?: BatchOptions): Promise<Buffer[]> {
  const call = new BatchCall(options, 'encrypt');
  const { crypterer, signal, scope, pace } = call;
  const encryptLater = async (values: TakenValues, index: number) =>
    resultBytes(await crypterer.encrypt(values.at(index), { context: values.contextAt(index), signal, scope }));
  if (!isSyncCrypterer(crypterer)) return throwFirst(await eachConcurrently(call, items, 'plaintext', encryptLater));

  let failure: SqlcrypterError | undefined;
  const taken = new TakenValues(items, 'plaintext', (error, index) => {
    // Those before the first that cannot be taken have their turn: one of them may fail, too.
    if (failure === undefined) end = index;
    failure ??= error;
  });
  let end = taken.length;
  const engine = chooseEngine(call, 'keyToSeal', taken, end);
  const results = new Array<Buffer | undefined>(end);
  for (let from = 0; from < end; ) {
    const to = Math.min(end, from + nextChunk(VALUES_TO_SEAL));
    taken.take(to);
    const sealFrom = (start: number): boolean =>
      engine !== undefined && sealBatch(engine, taken, start, Math.min(end, to), results);
    const areSealed = sealFrom(from);
    for (let index = areSealed ? to : from; index < to && index < end; index++) {
      if (results[index] !== undefined) continue;
      try {
        const options = { context: taken.contextAt(index), signal, scope };
        results[index] = resultBytes(crypterer.encryptSync(taken.at(index), options));
      } catch (error) {
        // There is no data key yet, or it is spent: one asynchronous call fetches the next.
        if (!needsWaiting(error)) throw atIndex(error, index);
        taken.keep(results);
        results[index] = await encryptLater(taken, index).catch((later) => {
          throw atIndex(later, index);
        });
        sealFrom(index + 1);
      }
      if (pace.isDueAfter(lengthOf(taken.bytes[index] as Uint8Array))) await call.rest(taken, results);
    }
    if (to < end && pace.isDue) await call.rest(taken, results);
    from = to;
  }
  if (failure !== undefined) throw failure;
  return results as Buffer[];
}

/**
 * Decrypts many values and gives the plaintexts in order: the distinct keys are loaded first, each once and in
 * parallel, and kept until the batch is done. Rejects with the first error in order, whose `index` is the position of
 * its item; with `onError: 'collect'` each error stands in the place of its value. Errors as {@link Crypterer.decrypt}.
 * The list, its items and their memory may be used again as soon as this has returned its promise. Long batches let the
 * event loop have its turn.
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
  options?: BatchOptions & { readonly onError?: OnError },
): Promise<(Buffer | SqlcrypterError)[]> {
  const decryption = new BatchDecryption(options, new Pace());
  try {
    return await decryption.decrypt(items, ownBytes);
  } finally {
    decryption.end();
  }
}
