import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Megabytes that are still in use after a garbage collection, in the heap and in buffers beside it. */
export function megabytesInUse(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}

/**
 * Whether memory grows: the last quarter of the samples against the second, each by its median. What comes before
 * that fills caches.
 */
export function compareHeap(samples: readonly number[]): { start: number; end: number; isStable: boolean } {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const start = median(samples.slice(quarter, 2 * quarter + 1));
  const end = median(samples.slice(-quarter));
  return { start, end, isStable: end <= start * 1.1 + 2 };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
