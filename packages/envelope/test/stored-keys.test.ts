import { decryptMany, loadKeys } from '@sqlcrypter/core';
import { parseFrame } from '@sqlcrypter/core/provider';
import { describe, expect, it, vi } from 'vitest';
import { codeOf } from './support/error-code.js';
import { DAY, fakeTime, HOUR, MINUTE, settle } from './support/fake-time.js';
import { strayValue } from './support/frames.js';
import { createStored, openTable } from './support/key-tables.js';
import { MemoryKms } from './support/memory-kms.js';

const text = Buffer.from('999-00-1234');

describe('values under a key table', () => {
  it('name their key: 60 bytes more than the plaintext', async () => {
    const crypterer = await createStored(openTable().table);
    const value = crypterer.encryptSync(text, { context: { c: 'ssn' } });
    expect(value.length - text.length).toBe(60);
    expect(parseFrame(value).key.kind).toBe(2);
    expect(crypterer.decryptSync(value, { context: { c: 'ssn' } })).toEqual(text);
    expect(await codeOf(() => crypterer.decryptSync(value))).toBe('AUTH_FAILED');
  });

  it('are read by every process that has the table and the KMS, for one call to it', async () => {
    const { table } = openTable();
    const kms = new MemoryKms();
    const writer = await createStored(table, kms);
    const value = await writer.encrypt(text);
    const calls = kms.calls.unwrap;
    const reader = await createStored(table, kms, { generate: 'never' });
    expect(await reader.decrypt(value)).toEqual(text);
    for (let time = 0; time < 20; time++) await reader.decrypt(value);
    expect(kms.calls.unwrap - calls).toBe(1);
    expect(await codeOf(reader.encrypt(text))).toBe('UNSUPPORTED');
  });

  it('share one data key and one branch key, however many processes start at the same moment', async () => {
    const { table, rows } = openTable();
    const kms = new MemoryKms();
    const fleet = await Promise.all(Array.from({ length: 12 }, () => createStored(table, kms)));
    const values = await Promise.all(fleet.map((crypterer) => crypterer.encrypt(text)));
    expect(new Set(values.map((value) => value.toString('hex', 4, 20))).size).toBe(1);
    expect(rows('SELECT purpose, state FROM sqlcrypter_keys ORDER BY purpose')).toEqual([
      { purpose: 'branch', state: 'pending' },
      { purpose: 'data', state: 'pending' },
    ]);
    for (const crypterer of fleet) expect(await crypterer.decrypt(values[3] as Buffer)).toEqual(text);
  });

  it('with an unknown fingerprint cost one look at the table and no call to the KMS', async () => {
    const { table, statements } = openTable();
    const kms = new MemoryKms();
    const crypterer = await createStored(table, kms);
    const calls = { ...kms.calls };
    const asked = statements.length;
    const stray = strayValue();
    for (let time = 0; time < 50; time++) expect(await codeOf(crypterer.decrypt(stray))).toBe('KEY_NOT_FOUND');
    expect(await codeOf(() => crypterer.decryptSync(stray))).toBe('KEY_NOT_FOUND');
    expect(statements.length - asked).toBe(1);
    expect(kms.calls).toEqual(calls);
    expect(crypterer.stats().events['look-up']).toBe(1);
  });

  it('whose key was not there a moment ago are read once it is', async () => {
    fakeTime();
    const { table } = openTable();
    const kms = new MemoryKms();
    const [reader, other] = [await createStored(table, kms), openTable()];
    const late = await createStored(other.table, kms);
    const value = await late.encrypt(text);
    expect(await codeOf(reader.decrypt(value))).toBe('KEY_NOT_FOUND');
    await table.import(await other.table.export());
    expect(await codeOf(reader.decrypt(value))).toBe('KEY_NOT_FOUND');
    vi.advanceTimersByTime(6_000);
    expect(await reader.decrypt(value)).toEqual(text);
  });

  it('under 100 data keys are read with one SELECT and one call for their branch key', async () => {
    const { table, statements } = openTable();
    const kms = new MemoryKms();
    const writer = await createStored(table, kms);
    const scopes = Array.from({ length: 100 }, (_, index) => `tenant-${index}`);
    const values = await Promise.all(scopes.map((scope) => writer.encrypt(text, { scope })));
    const items = Array.from({ length: 10_000 }, (_, index) => ({ ciphertext: values[index % 100] as Buffer }));
    const reader = await createStored(table, kms, { generate: 'never' });
    const [asked, calls] = [statements.length, kms.calls.unwrap];
    const read = await decryptMany(items, { crypterer: reader });
    expect(read.every((plaintext) => plaintext.equals(text))).toBe(true);
    expect(statements.length - asked).toBe(1);
    expect(kms.calls.unwrap - calls).toBe(1);
  });

  it('stay in memory under a lease, and a bad one among them is told by its place', async () => {
    const { table } = openTable();
    const kms = new MemoryKms();
    const writer = await createStored(table, kms);
    const values = [await writer.encrypt(text), strayValue(), await writer.encrypt(text, { scope: 'a' })];
    const reader = await createStored(table, kms, { generate: 'never', dekCache: { maxSize: 1 } });
    const lease = await loadKeys(values, { crypterer: reader, onError: 'collect' });
    expect([...lease.failures.keys()]).toEqual([1]);
    expect(lease.failures.get(1)?.code).toBe('KEY_NOT_FOUND');
    expect(reader.decryptSync(values[2] as Buffer)).toEqual(text);
    lease.dispose();
    expect(await codeOf(() => reader.decryptSync(values[2] as Buffer))).toBe('KEY_NOT_LOADED');
  });

  it('are written without waiting once the scope is known, and not before', async () => {
    const crypterer = await createStored(openTable().table);
    expect(await codeOf(() => crypterer.encryptSync(text, { scope: 'a' }))).toBe('KEY_NOT_LOADED');
    const value = await crypterer.encrypt(text, { scope: 'a' });
    const second = crypterer.encryptSync(text, { scope: 'a' });
    expect(second.subarray(4, 20)).toEqual(value.subarray(4, 20));
    expect(crypterer.encryptSync(text).subarray(4, 20)).not.toEqual(value.subarray(4, 20));
    expect(await codeOf(crypterer.encrypt(text, { scope: '' }))).toBe('INVALID_ARGUMENT');
    expect(await codeOf(crypterer.encrypt(text, { scope: 'x'.repeat(256) }))).toBe('INVALID_ARGUMENT');
  });

  it('in thousands of scopes cost no more calls to the KMS than in one', async () => {
    const { table } = openTable();
    const kms = new MemoryKms();
    const writer = await createStored(table, kms);
    const before = { ...kms.calls };
    for (let start = 0; start < 2_000; start += 100) {
      const some = Array.from({ length: 100 }, (_, index) => `person:${start + index}`);
      await Promise.all(some.map((scope) => writer.encrypt(text, { scope })));
    }
    expect(kms.calls).toEqual(before);
  });
});

describe('the keys of a line', () => {
  const month = 30 * DAY;

  it('are replaced ahead of their end: a new one waits out its grace, and every process goes over to it', async () => {
    fakeTime();
    const { table, rows } = openTable();
    const kms = new MemoryKms();
    const quiet = { dekCache: { ttl: 90 * DAY } };
    const [one, other] = [await createStored(table, kms, quiet), await createStored(table, kms, quiet)];
    const keyOf = (value: Buffer) => value.toString('hex', 4, 20);
    const first = keyOf(one.encryptSync(text));
    await vi.advanceTimersByTimeAsync(16 * MINUTE);
    one.encryptSync(text);
    await settle();
    expect(rows("SELECT state FROM sqlcrypter_keys WHERE purpose = 'data'")).toEqual([{ state: 'active' }]);
    vi.setSystemTime(Date.now() + 0.95 * month);
    expect(keyOf(one.encryptSync(text))).toBe(first);
    await vi.waitFor(() => expect(rows("SELECT 1 FROM sqlcrypter_keys WHERE state = 'pending'")).toHaveLength(1));
    await settle();
    expect(keyOf(one.encryptSync(text))).toBe(first);
    await other.checkRevocations();
    const calls = kms.calls.unwrap;
    await vi.advanceTimersByTimeAsync(16 * MINUTE);
    const second = keyOf(one.encryptSync(text));
    expect(second).not.toBe(first);
    expect(keyOf(other.encryptSync(text))).toBe(second);
    await settle();
    expect(rows("SELECT state FROM sqlcrypter_keys WHERE purpose = 'data' ORDER BY created")).toEqual([
      { state: 'decrypt-only' },
      { state: 'active' },
    ]);
    expect(kms.calls.unwrap).toBe(calls);
  });

  it('are not written with after their end, not even while the table and the KMS are down', async () => {
    fakeTime();
    const counted = openTable();
    const crypterer = await createStored(counted.table);
    const value = crypterer.encryptSync(text);
    counted.before = () => {
      throw new Error('down');
    };
    vi.setSystemTime(Date.now() + month - HOUR);
    expect(crypterer.encryptSync(text).subarray(4, 20)).toEqual(value.subarray(4, 20));
    vi.setSystemTime(Date.now() + 2 * HOUR);
    expect(await codeOf(() => crypterer.encryptSync(text))).toBe('DEK_EXHAUSTED');
    expect(await codeOf(crypterer.encrypt(text))).toBe('DEK_EXHAUSTED');
    expect(crypterer.decryptSync(value)).toEqual(text);
    counted.before = () => undefined;
    const next = await crypterer.encrypt(text);
    expect(next.subarray(4, 20)).not.toEqual(value.subarray(4, 20));
  });

  it('end in time although the clock was set back', async () => {
    fakeTime();
    const crypterer = await createStored(openTable().table);
    await vi.advanceTimersByTimeAsync(HOUR);
    const start = Date.now();
    for (let day = 0; day < 30; day++) {
      vi.advanceTimersByTime(DAY);
      vi.setSystemTime(start);
    }
    expect(await codeOf(() => crypterer.encryptSync(text))).toBe('DEK_EXHAUSTED');
  });

  it('are one when two processes make the next at the same moment', async () => {
    fakeTime();
    const { table, rows } = openTable();
    const kms = new MemoryKms();
    const fleet = await Promise.all(Array.from({ length: 6 }, () => createStored(table, kms)));
    vi.setSystemTime(Date.now() + month + 1);
    const values = await Promise.all(fleet.map((crypterer) => crypterer.encrypt(text)));
    expect(new Set(values.map((value) => value.toString('hex', 4, 20))).size).toBe(1);
    await vi.advanceTimersByTimeAsync(16 * MINUTE);
    for (const crypterer of fleet) crypterer.encryptSync(text);
    await settle();
    expect(rows("SELECT state FROM sqlcrypter_keys WHERE purpose = 'data' ORDER BY created")).toEqual([
      { state: 'decrypt-only' },
      { state: 'active' },
    ]);
  });

  it('come earlier where this process reaches a limit of its own', async () => {
    fakeTime();
    const { table, rows } = openTable();
    const crypterer = await createStored(table, new MemoryKms(), { dekLimits: { maxValues: 3 } });
    for (let value = 0; value < 5; value++) crypterer.encryptSync(text);
    await settle();
    expect(rows("SELECT 1 FROM sqlcrypter_keys WHERE purpose = 'data'")).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(16 * MINUTE);
    crypterer.encryptSync(text);
    await settle();
    await vi.advanceTimersByTimeAsync(MINUTE);
    crypterer.encryptSync(text);
    await vi.waitFor(() => expect(rows("SELECT 1 FROM sqlcrypter_keys WHERE state = 'pending'")).toHaveLength(1));
  });

  it('of the branch are replaced after a year, and old data keys stay readable under the old one', async () => {
    fakeTime();
    const { table, rows } = openTable();
    const kms = new MemoryKms();
    const crypterer = await createStored(table, kms);
    const value = await crypterer.encrypt(text);
    vi.setSystemTime(Date.now() + 366 * DAY);
    const later = await crypterer.encrypt(text);
    expect(rows("SELECT state FROM sqlcrypter_keys WHERE purpose = 'branch' ORDER BY created")).toEqual([
      { state: 'active' },
      { state: 'pending' },
    ]);
    const reader = await createStored(table, kms, { generate: 'never' });
    expect(await reader.decrypt(value)).toEqual(text);
    expect(await reader.decrypt(later)).toEqual(text);
  });
});
