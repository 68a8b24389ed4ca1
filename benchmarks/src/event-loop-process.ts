import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep, setImmediate as turnOfEventLoop } from 'node:timers/promises';
import { createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { decryptMany, type EngineChoice, encryptMany } from '@sqlcrypter/core';
import { decryptRows, encryptedColumn, text } from '@sqlcrypter/sql';
import { BUFFERS_ALONE } from './buffers-alone.js';
import { collectGarbage } from './collect-garbage.js';

/** Works on batches of a million values and prints for how long each blocked the event loop at most. */
const COUNT = 1_000_000;
const SSN = '999-00-1234';

/** In milliseconds. */
export interface LongestBlocks {
  readonly whole: number;
  /** Less what the garbage collector took of it. */
  readonly own: number;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

const collections: Span[] = [];
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) {
    collections.push({ start: startTime, end: startTime + duration });
  }
}).observe({ entryTypes: ['gc'] });

async function longestBlocks(work: () => Promise<unknown>): Promise<LongestBlocks> {
  // What was made before is not this batch's to move: the second of two collections makes it old.
  for (let i = 0; i < 2; i++) collectGarbage({ type: 'minor' });
  const turns: Span[] = [];
  let start = performance.now();
  const look = (): void => {
    const end = performance.now();
    turns.push({ start, end });
    start = end;
  };
  const turn = (): void => {
    look();
    timer = setImmediate(turn);
  };
  let timer = setImmediate(turn);
  await work();
  look();
  clearImmediate(timer);
  // What was collected meanwhile is told a little later.
  await sleep(50);
  const lengthOf = (span: Span): number => span.end - span.start;
  const inside = (span: Span): number =>
    collections
      .filter((each) => each.start >= span.start && each.end <= span.end)
      .reduce((sum, each) => sum + lengthOf(each), 0);
  const own = turns.filter((span) => lengthOf(span) > 1).map((span) => lengthOf(span) - inside(span));
  collections.length = 0;
  return { whole: turns.reduce((most, span) => Math.max(most, lengthOf(span)), 0), own: Math.max(0, ...own) };
}

/** What nobody can do without: a million Buffers, made in slices of two milliseconds, and nothing else. */
async function makeBuffers(): Promise<Buffer[]> {
  const buffers = new Array<Buffer>(COUNT);
  let start = performance.now();
  for (let i = 0; i < COUNT; i++) {
    buffers[i] = Buffer.from(SSN);
    if (i % 32 !== 0 || performance.now() - start < 2) continue;
    await turnOfEventLoop();
    start = performance.now();
  }
  return buffers;
}

const engine = process.argv[2] as EngineChoice;
const crypterer = createAesCrypterer({ key: generateKey() });
const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text(), crypterer });

const making = await longestBlocks(makeBuffers);
const values = new Array<{ readonly plaintext: Buffer }>(COUNT).fill({ plaintext: Buffer.from(SSN) });
let ciphertexts: Buffer[] = [];
const encrypting = await longestBlocks(async () => {
  ciphertexts = await encryptMany(values, { crypterer, engine });
});
const items = ciphertexts.map((ciphertext) => ({ ciphertext }));
const decrypting = await longestBlocks(() => decryptMany(items, { crypterer, engine }));
const [value] = await ssn.encryptMany([SSN]);
const rows = items.map((_, id) => ({ id, ssn: value }));
const readingRows = await longestBlocks(() => decryptRows(rows, { ssn }, { engine }));
console.log(
  JSON.stringify({
    [BUFFERS_ALONE]: making,
    encryptMany: encrypting,
    decryptMany: decrypting,
    decryptRows: readingRows,
  }),
);
