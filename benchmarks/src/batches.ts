import { createSecretKey, randomBytes } from 'node:crypto';
import { createAesCrypterer, generateKey } from '@sqlcrypter/aes';
import { type BatchOptions, type DecryptItem, decryptMany, type EngineChoice, encryptMany } from '@sqlcrypter/core';
import { BatchDecryption, Pace } from '@sqlcrypter/core/provider';
import { bareDecrypt, bareEncrypt } from './bare-node-crypto.js';
import type { Figure } from './figure.js';
import { interleave, type Measured, median, ratio } from './interleave.js';
import { sodiumDecrypt, sodiumEncrypt } from './sodium-loop.js';

const SIZES = [20, 100, 1024, 4096];
const COUNTS = [1, 10, 100, 1_000, 10_000];
const KEYS = [1, 10, 1_000];
const CONTEXT = Object.freeze({ c: 'employee.ssn' });
/** As long as the authenticated data of a value with this context. */
const DATA = Buffer.alloc(46, 1);

const ENGINES: readonly EngineChoice[] = ['auto', 'node'];

/** What the engine promises against the bare loop, by bytes and number of values. */
const PROMISES: Readonly<
  Record<string, { readonly encrypt?: number; readonly strings?: number; readonly buffers?: number }>
> = {
  '20 x 10000': { encrypt: 15, strings: 12, buffers: 12 },
  '100 x 10000': { encrypt: 9, strings: 7, buffers: 4 },
  '20 x 10': { encrypt: 5, strings: 4, buffers: 4 },
};
/** A batch of forged values against one of good ones. */
const MOST_FOR_FORGED = 2;
/** From so many values on. */
const LEAST_FORGED = 1_000;
/** And against the same call without it, whatever the batch. */
const LEAST_OF_NODE = 0.95;

const asText = (memory: Buffer, start: number, end: number): string => memory.toString('latin1', start, end);

async function decryptToStrings(items: readonly DecryptItem[], options: BatchOptions): Promise<unknown> {
  const decryption = new BatchDecryption(options, new Pace());
  try {
    return await decryption.decrypt(items, asText);
  } finally {
    decryption.end();
  }
}

/** The batches that a figure is promised for. */
export async function measurePromisedBatches(rounds: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const batch of Object.keys(PROMISES)) {
    const [size, count] = batch.split(' x ').map(Number) as [number, number];
    figures.push(...(await measureBatch(size, count, 1, rounds)));
  }
  return figures;
}

/** Batches of many shapes: as a multiple of the speed of a bare loop, and of the same call with `engine: 'node'`. */
export async function measureBatches(rounds: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const size of SIZES) {
    for (const count of COUNTS) {
      for (const keys of KEYS) {
        if (keys <= count) figures.push(...(await measureBatch(size, count, keys, rounds)));
      }
    }
  }
  return figures;
}

async function measureBatch(size: number, count: number, keys: number, rounds: number): Promise<Figure[]> {
  const batch = `${size} B x ${count}${keys === 1 ? '' : `, ${keys} keys`}`;
  process.stderr.write(`measuring: ${batch} …\n`);
  const shared = generateKey();
  const bareKey = createSecretKey(shared);
  const crypterer = createAesCrypterer({ key: shared });
  // Each crypterer draws a nonce prefix of its own, so their values have derived keys of their own.
  const writers = keys === 1 ? [crypterer] : Array.from({ length: keys }, () => createAesCrypterer({ key: shared }));
  const plaintexts = Array.from({ length: count }, () => Buffer.from(randomBytes(size / 2).toString('hex')));
  const bare = plaintexts.map((plaintext) => bareEncrypt(bareKey, plaintext, DATA));
  const toEncrypt = plaintexts.map((plaintext) => ({ plaintext, context: CONTEXT }));
  const toDecrypt = toEncrypt.map(({ plaintext }, i) => ({
    ciphertext: (writers[i % keys] as (typeof writers)[number]).encryptSync(plaintext, { context: CONTEXT }),
    context: CONTEXT,
  }));

  const forged = toDecrypt.map(({ ciphertext, context }) => {
    const changed = Buffer.from(ciphertext);
    changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1);
    return { ciphertext: changed, context };
  });

  const operations: Record<string, Measured> = {
    'bare encrypt': { sync: () => plaintexts.map((plaintext) => bareEncrypt(bareKey, plaintext, DATA)) },
    'bare decrypt': { sync: () => bare.map((ciphertext) => bareDecrypt(bareKey, ciphertext, DATA)) },
  };
  if (keys === 1) {
    const sealed = plaintexts.map((plaintext) => sodiumEncrypt(shared, plaintext, DATA));
    operations['sodium encrypt'] = {
      sync: () => plaintexts.map((plaintext) => sodiumEncrypt(shared, plaintext, DATA)),
    };
    operations['sodium decrypt'] = { sync: () => sealed.map((ciphertext) => sodiumDecrypt(shared, ciphertext, DATA)) };
  }
  for (const engine of ENGINES) {
    const options = { crypterer, engine };
    if (keys === 1) operations[`${engine} encrypt`] = { async: () => encryptMany(toEncrypt, options) };
    operations[`${engine} buffers`] = { async: () => decryptMany(toDecrypt, options) };
    operations[`${engine} strings`] = { async: () => decryptToStrings(toDecrypt, options) };
  }
  if (keys === 1) operations.forged = { async: () => decryptMany(forged, { crypterer, onError: 'collect' }) };
  const times = await interleave(operations, rounds);
  const of = (name: string): number[] => times[name] as number[];

  const promised = keys === 1 ? (PROMISES[`${size} x ${count}`] ?? {}) : {};
  const forgedFigures: Figure[] =
    times.forged === undefined
      ? []
      : [
          {
            name: `${batch}: forged / good`,
            value: ratio(times.forged, of('auto buffers')),
            unit: 'x',
            // The one value of a small batch that the provider is asked about counts for much.
            ...(count >= LEAST_FORGED ? { atMost: MOST_FOR_FORGED } : {}),
          },
        ];
  const figures = (['encrypt', 'strings', 'buffers'] as const).flatMap((what): Figure[] => {
    if (times[`auto ${what}`] === undefined) return [];
    const name = what === 'encrypt' ? `${batch}: encrypt` : `${batch}: decrypt to ${what}`;
    const atLeast = promised[what];
    const loop = what === 'encrypt' ? 'encrypt' : 'decrypt';
    const sodium = times[`sodium ${loop}`];
    return [
      { name: `${name}, per value`, value: median(of(`auto ${what}`)) / count, unit: 'µs' },
      {
        name: `${name}: bare / engine`,
        value: ratio(of(`bare ${loop}`), of(`auto ${what}`)),
        unit: 'x',
        ...(atLeast === undefined ? {} : { atLeast }),
      },
      {
        name: `${name}: engine 'node' / engine`,
        value: ratio(of(`node ${what}`), of(`auto ${what}`)),
        unit: 'x',
        atLeast: LEAST_OF_NODE,
      },
      ...(sodium === undefined
        ? []
        : [{ name: `${name}: sodium-native / engine`, value: ratio(sodium, of(`auto ${what}`)), unit: 'x' as const }]),
    ];
  });
  return [...figures, ...forgedFigures];
}
