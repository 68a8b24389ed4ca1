import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { type EngineChoice, encryptMany } from '@sqlcrypter/core';
import type { Figure } from './figure.js';
import { ratio } from './interleave.js';

const COUNTS = [10, 100, 512, 1_000, 10_000];
const LENGTH = 20;
/** No slower, as far as the time of a process's first milliseconds can be told. */
const LEAST_OF_NODE = 0.95;

/** A process's first batch, in a new process each time: nothing is compiled yet. */
export async function measureFirstBatch(rounds: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  const key = generateKey();
  const crypterer = createAesCrypterer({ key });
  const text = (bytes: Buffer): string => bytes.toString('base64');
  for (const count of COUNTS) {
    const plaintexts = Array.from({ length: count }, () => randomBytes(LENGTH));
    const ciphertexts = await encryptMany(
      plaintexts.map((plaintext) => ({ plaintext })),
      { crypterer },
    );
    const batches = { encrypt: { plaintexts: plaintexts.map(text) }, decrypt: { ciphertexts: ciphertexts.map(text) } };
    for (const [what, batch] of Object.entries(batches)) {
      const times: Record<EngineChoice, number[]> = { auto: [], node: [] };
      for (let round = 0; round < rounds; round++) {
        const order: EngineChoice[] = round % 2 === 0 ? ['auto', 'node'] : ['node', 'auto'];
        for (const engine of order) times[engine].push(firstBatch({ key: text(key), engine, ...batch }));
      }
      figures.push({
        name: `first batch of a process, ${what} ${count}: engine 'node' / 'auto'`,
        value: ratio(times.node, times.auto),
        unit: 'x',
        atLeast: LEAST_OF_NODE,
      });
    }
  }
  return figures;
}

function firstBatch(job: object): number {
  const program = fileURLToPath(new URL('./first-batch-process.js', import.meta.url));
  return Number(execFileSync(process.execPath, [program], { input: JSON.stringify(job), encoding: 'utf8' }));
}
