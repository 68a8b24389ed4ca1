import { randomBytes } from 'node:crypto';
import { createAwsKmsCrypterer, decryptMany } from '@sqlcrypter/awskms';
import type { Figure } from './figure.js';
import { median } from './interleave.js';
import { type KmsServer, startKmsServer } from './kms-server.js';

const VALUES = 10_000;
const KMS_MILLISECONDS = 20;
const UNWRAPS_IN_FLIGHT = 8;
/** Rounds of the slow case, whose sequential loop alone takes 20 seconds. */
const FEW_ROUNDS = 3;

/** Reading 10,000 values whose data keys are not in memory, beside a loop that asks for one key after the other. */
export async function measureColdReads(rounds: number): Promise<Figure[]> {
  const server = await startKmsServer();
  try {
    const figures: Figure[] = [];
    for (const keys of [1, 10, 100, 1_000]) {
      figures.push(...(await measureKeys(server, keys, keys === 1_000 ? FEW_ROUNDS : rounds)));
    }
    return figures;
  } finally {
    server.close();
  }
}

async function measureKeys(server: KmsServer, keys: number, rounds: number): Promise<Figure[]> {
  const items = await valuesUnder(server, keys);
  const times: Record<'batch' | 'loop' | 'warm', number[]> = { batch: [], loop: [], warm: [] };
  const calls: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const batch = await create(server, 'never');
    const loop = await create(server, 'never');
    await server.setLatency(KMS_MILLISECONDS);
    times.batch.push(await milliseconds(() => decryptMany(items, { crypterer: batch })));
    calls.push(await server.takeCount());
    times.warm.push(await milliseconds(() => decryptMany(items, { crypterer: batch })));
    times.loop.push(
      await milliseconds(async () => {
        for (const { ciphertext } of items) await loop.decrypt(ciphertext);
      }),
    );
    await batch.close();
    await loop.close();
  }
  const name = `${VALUES} values under ${keys} unknown data keys, ${KMS_MILLISECONDS} ms a KMS call`;
  const cryptography = median(times.warm);
  const roundTrips = Math.ceil(keys / UNWRAPS_IN_FLIGHT) * KMS_MILLISECONDS;
  return [
    { name: `${name}: KMS calls`, value: Math.max(...calls), unit: 'calls', atMost: keys },
    {
      name: `${name}: decryptMany`,
      value: median(times.batch),
      unit: 'ms',
      ...(keys === 100 && { atMost: Math.round(roundTrips * 1.4 + cryptography) }),
    },
    { name: `${name}: one after the other`, value: median(times.loop), unit: 'ms' },
  ];
}

async function valuesUnder(server: KmsServer, keys: number): Promise<{ ciphertext: Buffer }[]> {
  await server.setLatency(0);
  const values: { ciphertext: Buffer }[] = [];
  for (let key = 0; key < keys; key++) {
    const writer = await create(server, 'start');
    for (let i = 0; i < VALUES / keys; i++) values.push({ ciphertext: writer.encryptSync(randomBytes(20)) });
    await writer.close();
  }
  // Rows of a table are not sorted by key.
  return values
    .map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

/** Deadlines are not what is measured: a busy machine makes figures worse, and does not end the run. */
function create(
  { client, keyArn: keyId }: KmsServer,
  generate: 'start' | 'never',
): ReturnType<typeof createAwsKmsCrypterer> {
  return createAwsKmsCrypterer({ client, keyId, generate, requestTimeout: 60_000 });
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
