import { randomBytes, randomInt } from 'node:crypto';
import { createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { decryptMany, encryptMany, SqlcrypterError } from '@sqlcrypter/core';
import { type EngineUse, readEngineMeter } from '../engine-meter.js';
import type { Part, PartResult } from '../part.js';
import { compareHeap, megabytesInUse } from '../soak/heap.js';
import { table } from '../table.js';

const BATCH = 10_000;
const KEYS = 5;
const LONGEST = 200;
/** One value in so many is changed after it was encrypted. */
const DAMAGED = 1_000;
/** How often the ciphertexts of a batch are opened before new ones are made. */
const READS = 4;
const SAMPLES = 40;
/** Of all values; the rest are what is left at the end of a batch, and what was changed where values are told apart. */
const LEAST_SHARE_OF_ENGINE = 0.99;

/** A hundred million values through the batch engine: right ones read, changed ones refused, and no memory kept. */
export const manyValues: Part = {
  title: 'Many values through the batch engine',
  async run({ values, stop }): Promise<PartResult> {
    const keys = Array.from({ length: KEYS }, generateKey);
    const writers = keys.map((key) => createAesCrypterer({ key }));
    const [first, ...others] = keys as [Buffer, ...Buffer[]];
    const reader = createAesCrypterer({ key: first, decryptKeys: others });
    const counts = { encrypted: 0, decrypted: 0, damaged: 0, refused: 0, problems: 0 };
    const heap: number[] = [];
    readEngineMeter();
    const start = performance.now();
    while (counts.decrypted < values && !stop.aborted) {
      const plaintexts = Array.from({ length: BATCH }, () => randomBytes(randomInt(LONGEST + 1)));
      const ciphertexts = new Array<Buffer>(BATCH);
      // Keys are interleaved, as in a table that was written over years.
      for (const [k, crypterer] of writers.entries()) {
        const positions = plaintexts.map((_, i) => i).filter((i) => i % KEYS === k);
        const items = positions.map((i) => ({ plaintext: plaintexts[i] as Buffer }));
        const sealed = await encryptMany(items, { crypterer });
        for (const [n, i] of positions.entries()) ciphertexts[i] = Buffer.from(sealed[n] as Buffer);
      }
      counts.encrypted += BATCH;
      const damaged = new Set<number>();
      for (let i = randomInt(DAMAGED); i < BATCH; i += DAMAGED) {
        damaged.add(i);
        const bytes = ciphertexts[i] as Buffer;
        // Behind the key's id: what is changed before it is another error.
        const at = randomInt(8, bytes.length);
        bytes[at] = (bytes[at] as number) ^ (1 << randomInt(8));
      }
      const items = ciphertexts.map((ciphertext) => ({ ciphertext }));
      for (let read = 0; read < READS; read++) {
        const results = await decryptMany(items, { crypterer: reader, onError: 'collect' });
        for (const [i, result] of results.entries()) {
          const isRefused = SqlcrypterError.is(result) && result.code === 'AUTH_FAILED' && result.index === i;
          if (isRefused) counts.refused += 1;
          const isRight = damaged.has(i) ? isRefused : (plaintexts[i] as Buffer).equals(result as Buffer);
          if (!isRight) counts.problems += 1;
        }
        counts.decrypted += BATCH;
        counts.damaged += damaged.size;
      }
      if (counts.decrypted >= ((heap.length + 1) * values) / SAMPLES) {
        heap.push(megabytesInUse());
        console.log(`${counts.decrypted.toLocaleString('en').padStart(12)} read, ${heap.at(-1)?.toFixed(1)} MB`);
      }
    }
    const seconds = (performance.now() - start) / 1_000;
    return report(counts, readEngineMeter(), heap, seconds, stop.aborted);
  },
};

function report(
  counts: Readonly<Record<'encrypted' | 'decrypted' | 'damaged' | 'refused' | 'problems', number>>,
  { sealed, opened }: EngineUse,
  heap: readonly number[],
  seconds: number,
  wasStopped: boolean,
): PartResult {
  const { start, end, isStable } = compareHeap(heap);
  // A run that was stopped early, or was short from the start, says nothing of memory.
  const isMemoryGood = heap.length < SAMPLES / 2 || isStable;
  const count = (value: number): string => value.toLocaleString('en');
  const rows = [
    ['Values encrypted', count(counts.encrypted)],
    ['Values decrypted and compared', count(counts.decrypted)],
    ['Of them by the batch engine, encrypted; decrypted', `${count(sealed)}; ${count(opened)}`],
    ['Changed values among them; refused', `${count(counts.damaged)}; ${count(counts.refused)}`],
    ['Wrong values and wrong codes', count(counts.problems)],
    ['Seconds, comparing and making values included', count(Math.round(seconds))],
    ['In use after garbage collection, second and last quarter', `${start.toFixed(1)}; ${end.toFixed(1)} MB`],
  ];
  const byEngine = Math.min(sealed / counts.encrypted, opened / counts.decrypted);
  const isGood =
    byEngine >= LEAST_SHARE_OF_ENGINE && counts.problems === 0 && counts.damaged === counts.refused && isMemoryGood;
  return {
    outcome: !isGood ? 'failed' : wasStopped ? 'stopped' : 'passed',
    summary:
      `${count(counts.decrypted)} values decrypted, ${count(counts.problems)} wrong, ${count(counts.refused)} of ` +
      `${count(counts.damaged)} changed ones refused, memory ${start.toFixed(1)} MB then ${end.toFixed(1)} MB`,
    report: table(['', ''], rows),
  };
}
