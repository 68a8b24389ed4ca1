import { createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { decryptMany, type EngineChoice, encryptMany } from '@sqlcrypter/core';
import { decryptRows, encryptedColumn, text } from '@sqlcrypter/sql';
import type { Figure } from './figure.js';

const COUNT = 1_000_000;
const LONGEST_BLOCK = 10;
const PLAINTEXT = Buffer.from('999-00-1234');

/** The longest that the event loop is blocked by a batch of a million values. */
export async function measureEventLoop(): Promise<Figure[]> {
  const figures: Figure[] = [];
  const crypterer = createAesCrypterer({ key: generateKey() });
  for (const engine of ['auto', 'node'] satisfies EngineChoice[]) {
    const values = new Array<{ readonly plaintext: Buffer }>(COUNT).fill({ plaintext: PLAINTEXT });
    let ciphertexts: Buffer[] = [];
    const encrypting = await longestBlock(async () => {
      ciphertexts = await encryptMany(values, { crypterer, engine });
    });
    const items = ciphertexts.map((ciphertext) => ({ ciphertext }));
    const decrypting = await longestBlock(() => decryptMany(items, { crypterer, engine }));
    const ssn = encryptedColumn({ table: 'employee', column: 'ssn', type: text(), crypterer });
    const [value] = await ssn.encryptMany([String(PLAINTEXT)]);
    const rows = items.map((_, id) => ({ id, ssn: value }));
    const readingRows = await longestBlock(() => decryptRows(rows, { ssn }, { engine }));
    for (const [what, value] of Object.entries({
      encryptMany: encrypting,
      decryptMany: decrypting,
      decryptRows: readingRows,
    })) {
      figures.push({
        name: `${what} of ${COUNT}, engine '${engine}': longest block`,
        value,
        unit: 'ms',
        atMost: LONGEST_BLOCK,
      });
    }
  }
  return figures;
}

async function longestBlock(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const turn = (): void => {
    look();
    timer = setImmediate(turn);
  };
  let timer = setImmediate(turn);
  await work();
  look();
  clearImmediate(timer);
  return longest;
}
