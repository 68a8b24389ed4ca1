import { DecryptCommand } from '@aws-sdk/client-kms';
import { createAwsKmsCrypterer } from '@sqlcrypter/awskms';
import type { KeyTable } from '@sqlcrypter/key-table';
import type { KmsProcess } from './kms-process.js';
import { drawValues, type Life, type MonthOptions, readValues, runLives, writeValues } from './lives.js';

/** The machine may be busy; deadlines are not what is simulated. */
const requestTimeout = 60_000;

/** Every life: start, write, read, stop, with the keys in one table. Gives the values. */
export async function keyTableFleet(kms: KmsProcess, table: KeyTable, options: MonthOptions): Promise<Buffer[]> {
  const values: Buffer[] = [];
  await runLives(options, async (life) => {
    await using crypterer = await createAwsKmsCrypterer({
      client: kms.client,
      keyId: kms.keyId,
      store: table,
      requestTimeout,
    });
    writeValues(crypterer, life, options.writes, values);
    await readValues(crypterer, drawValues(life, options.reads), values);
  });
  return values;
}

/** Every life writes with its key beside each value; the reads of a sample are left to {@link inlineReaders}. */
export async function inlineWriters(kms: KmsProcess, options: MonthOptions): Promise<Buffer[]> {
  const values: Buffer[] = [];
  await runLives(options, async (life) => {
    await using crypterer = await createAwsKmsCrypterer({ client: kms.client, keyId: kms.keyId, requestTimeout });
    writeValues(crypterer, life, options.writes, values);
  });
  return values;
}

const inSample = ({ index }: Life, { sampleEvery }: MonthOptions) => index % sampleEvery === 0;

/** A sample of the lives reads what {@link inlineWriters} wrote. */
export async function inlineReaders(kms: KmsProcess, values: Buffer[], options: MonthOptions): Promise<void> {
  await runLives(options, async (life) => {
    if (!inSample(life, options)) return;
    await using crypterer = await createAwsKmsCrypterer({
      client: kms.client,
      keyId: kms.keyId,
      generate: 'never',
      requestTimeout,
    });
    await readValues(crypterer, drawValues(life, options.reads), values);
  });
}

const WRAPPED_OFFSET = 23;
const GO_CACHE_BYTES = 1_000_000;

/**
 * The same sample by the rules of the Go library: one value after the other, a call for each wrapped key that is not in
 * the cache (1 MB, counted as wrapped key and key; its 60 minutes are longer than a life's reading).
 */
export async function goReaders(kms: KmsProcess, values: Buffer[], options: MonthOptions): Promise<void> {
  await runLives(options, async (life) => {
    if (!inSample(life, options)) return;
    const cache = new Map<string, number>();
    let bytes = 0;
    for (const index of drawValues(life, options.reads)) {
      const value = values[index] as Buffer;
      const wrapped = value.subarray(WRAPPED_OFFSET, WRAPPED_OFFSET + value.readUInt16BE(WRAPPED_OFFSET - 2));
      const name = wrapped.toString('latin1');
      if (cache.has(name)) continue;
      await kms.client.send(new DecryptCommand({ CiphertextBlob: wrapped, KeyId: kms.keyId }));
      cache.set(name, wrapped.length + 32);
      bytes += wrapped.length + 32;
      for (const [oldest, size] of cache) {
        if (bytes <= GO_CACHE_BYTES) break;
        cache.delete(oldest);
        bytes -= size;
      }
    }
  });
}
