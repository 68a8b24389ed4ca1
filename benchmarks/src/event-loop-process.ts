import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep, setImmediate as turnOfEventLoop } from 'node:timers/promises';
import { createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { type DecryptItem, decryptMany, type EngineChoice, encryptMany } from '@sqlcrypter/core';
import { decryptRows, encryptedColumn, text } from '@sqlcrypter/sql';
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

/** Batches with an engine, or what no batch can do without. */
export type Workload = EngineChoice | 'Buffers';

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

/** What nobody can do without: a million Buffers with memory of their own, made in slices of two milliseconds. */
async function makeBuffers(): Promise<Buffer[]> {
  const buffers = new Array<Buffer>(COUNT);
  let start = performance.now();
  for (let i = 0; i < COUNT; i++) {
    buffers[i] = Buffer.alloc(SSN.length, i);
    if (i % 32 !== 0 || performance.now() - start < 2) continue;
    await turnOfEventLoop();
    start = performance.now();
  }
  return buffers;
}

const crypterer = createAesCrypterer({ key: generateKey() });
const values = new Array<{ readonly plaintext: Buffer }>(COUNT).fill({ plaintext: Buffer.from(SSN) });

/** With as many values there already as when a million are decrypted. */
async function measureBuffers(): Promise<Record<string, LongestBlocks>> {
  const items = itemsOf(await encryptMany(values, { crypterer }));
  const making = await longestBlocks(makeBuffers);
  return { [`Buffers made and nothing else, beside ${items.length} values`]: making };
}

function itemsOf(ciphertexts: readonly Buffer[]): DecryptItem[] {
  return ciphertexts.map((ciphertext) => ({ ciphertext }));
}

async function measureBatches(engine: EngineChoice): Promise<Record<string, LongestBlocks>> {
  const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text(), crypterer });
  let ciphertexts: Buffer[] = [];
  const encrypting = await longestBlocks(async () => {
    ciphertexts = await encryptMany(values, { crypterer, engine });
  });
  const items = itemsOf(ciphertexts);
  const decrypting = await longestBlocks(() => decryptMany(items, { crypterer, engine }));
  const [value] = await ssn.encryptMany([SSN]);
  const rows = items.map((_, id) => ({ id, ssn: value }));
  const readingRows = await longestBlocks(() => decryptRows(rows, { ssn }, { engine }));
  return { encryptMany: encrypting, decryptMany: decrypting, decryptRows: readingRows };
}

const what = process.argv[2] as Workload;
console.log(JSON.stringify(what === 'Buffers' ? await measureBuffers() : await measureBatches(what)));
