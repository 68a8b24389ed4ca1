import { decryptMany, encryptMany } from '@sqlcrypter/core';
import { DataKey } from '@sqlcrypter/core/provider';
import { afterEach, beforeEach, expect, it, type MockInstance, vi } from 'vitest';
import { codeOf } from './support/error-code.js';
import { createStored, openTable } from './support/key-tables.js';
import { MemoryKms } from './support/memory-kms.js';

const COUNT = 2_000;

const items = Array.from({ length: COUNT }, (_, index) => ({ plaintext: Buffer.from(`value ${index}`) }));
const keysOf = (values: readonly Buffer[]) => new Set(values.map((value) => value.toString('hex', 4, 20)));

let sealed: MockInstance<DataKey['sealMany']>;

beforeEach(() => {
  sealed = vi.spyOn(DataKey.prototype, 'sealMany');
});

afterEach(() => vi.restoreAllMocks());

/** How many values the batch engine sealed. */
const sealedTogether = () => sealed.mock.calls.reduce((sum, [, , plaintexts]) => sum + plaintexts.length, 0);

it('a batch is sealed together under the key of its scope', async () => {
  const { table } = openTable();
  const crypterer = await createStored(table);
  for (const scope of [undefined, 'tenant-1', 'tenant-2']) {
    const one = await crypterer.encrypt(Buffer.from('one'), { scope });
    sealed.mockClear();
    const values = await encryptMany(items, { crypterer, scope });
    expect(sealedTogether()).toBe(COUNT);
    expect(keysOf(values)).toEqual(keysOf([one]));
    const read = await decryptMany(
      values.map((ciphertext) => ({ ciphertext })),
      { crypterer },
    );
    expect(read).toEqual(items.map(({ plaintext }) => plaintext));
  }
});

it('a batch in a scope that is not loaded waits once, and is sealed together from there on', async () => {
  const { table } = openTable();
  const crypterer = await createStored(table);
  const values = await encryptMany(items, { crypterer, scope: 'tenant-1' });
  expect(sealedTogether()).toBe(COUNT - 1);
  expect(keysOf(values).size).toBe(1);
});

it('a batch without room under the limits of its key is sealed value by value', async () => {
  const { table } = openTable();
  const dekLimits = { maxValues: 1_500 };
  const crypterer = await createStored(table, new MemoryKms(), { dekLimits });
  await encryptMany(items, { crypterer });
  expect(sealedTogether()).toBe(1_024);
});

it('a batch in a scope that is erased, wrong or not to be written in is refused', async () => {
  const { table } = openTable();
  const crypterer = await createStored(table);
  await encryptMany(items, { crypterer, scope: 'tenant-1' });
  await table.eraseScope('tenant-1');
  await crypterer.checkRevocations();
  sealed.mockClear();
  expect(await codeOf(encryptMany(items, { crypterer, scope: 'tenant-1' }))).toBe('KEY_DESTROYED');
  expect(await codeOf(encryptMany(items, { crypterer, scope: '' }))).toBe('INVALID_ARGUMENT');
  const reader = await createStored(table, new MemoryKms(), { generate: 'never' });
  expect(await codeOf(encryptMany(items, { crypterer: reader }))).toBe('UNSUPPORTED');
  expect(sealedTogether()).toBe(0);
});
