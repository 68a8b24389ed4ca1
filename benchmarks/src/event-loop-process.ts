import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep, setImmediate as turnOfEventLoop } from 'node:timers/promises';
import { createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { decryptMany, type EngineChoice, encryptMany } from '@sqlcrypter/core';
import { decryptRows, encryptedColumn, text } from '@sqlcrypter/sql';
import { collectGarbage } from './collect-garbage.js';

/** Works on a million values and prints for how long that blocked the event loop at most. */
const COUNT = 1_000_000;
const SSN = '999-00-1234';

/** In milliseconds. */
export interface LongestBlocks {
  readonly whole: number;
  /** Less what the garbage collector took of it. */
  readonly own: number;
}

/** A batch with an engine, or what no batch can do without. */
export type Workload = `${'encryptMany' | 'decryptMany' | 'decryptRows'} ${EngineChoice}` | 'Buffers';

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
  // What was made before is not this batch's to move, to mark or to free, which V8's threads do after a collection.
  collectGarbage();
  await sleep(500);
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

/** What nobody can do without: as many Buffers with memory of their own, made in slices of two milliseconds. */
async function makeBuffers(count: number): Promise<Buffer[]> {
  const buffers = new Array<Buffer>(count);
  let start = performance.now();
  for (let i = 0; i < count; i++) {
    buffers[i] = Buffer.alloc(SSN.length, i);
    if (i % 32 !== 0 || performance.now() - start < 2) continue;
    await turnOfEventLoop();
    start = performance.now();
  }
  return buffers;
}

const crypterer = createAesCrypterer({ key: generateKey() });
const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text(), crypterer });

/** The work, beside as many values as it reads. */
async function prepare(workload: Workload): Promise<() => Promise<unknown>> {
  const [what, engine] = workload.split(' ') as [string, EngineChoice];
  if (what === 'decryptRows') {
    const stored = await ssn.encryptMany(new Array<string>(COUNT).fill(SSN));
    // As a driver gives them.
    const rows = stored.map((value, id) => ({ id, ssn: Buffer.copyBytesFrom(value as Uint8Array) }));
    return () => decryptRows(rows, { ssn }, { engine });
  }
  const values = new Array<{ readonly plaintext: Buffer }>(COUNT).fill({ plaintext: Buffer.from(SSN) });
  if (what === 'encryptMany') return () => encryptMany(values, { crypterer, engine });
  const items = (await encryptMany(values, { crypterer })).map((ciphertext) => ({ ciphertext }));
  return what === 'Buffers' ? () => makeBuffers(items.length) : () => decryptMany(items, { crypterer, engine });
}

console.log(JSON.stringify(await longestBlocks(await prepare(process.argv[2] as Workload))));
