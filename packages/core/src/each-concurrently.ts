import type { BatchCall } from './batch-call.js';
import { atIndex } from './batch-results.js';
import type { SqlcrypterError } from './sqlcrypter-error.js';
import { type DecryptItem, type EncryptItem, TakenValues } from './taken-values.js';

/** Values under way at once with a crypterer that can only work asynchronously. */
const ASYNC_CONCURRENCY = 8;

/** Works on the items of a batch, some at a time, and gives each one's result or error in its place. */
export async function eachConcurrently<T>(
  call: BatchCall,
  items: readonly EncryptItem[] | readonly DecryptItem[],
  what: 'plaintext' | 'ciphertext',
  work: (taken: TakenValues, index: number) => Promise<T>,
): Promise<(T | SqlcrypterError)[]> {
  const taken = new TakenValues(items, what, (error, index) => {
    results[index] = error;
  });
  const results = new Array<T | SqlcrypterError>(taken.length);
  taken.keep(results);
  const indexes = results.keys();
  const worker = async () => {
    for (const index of indexes) {
      if (results[index] !== undefined) continue;
      try {
        results[index] = await work(taken, index);
      } catch (error) {
        results[index] = atIndex(error, index);
      }
      if (call.pace.isDue) await call.rest(taken, results);
    }
  };
  await Promise.all(Array.from({ length: Math.min(ASYNC_CONCURRENCY, taken.length) }, worker));
  return results;
}
