import { randomBytes } from 'node:crypto';
import { SqlcrypterError } from '@sqlcrypter/core';
import type { KeyRecord } from '@sqlcrypter/core/provider';
import { describe, expect, it, vi } from 'vitest';
import { NegativeCache } from '../src/negative-cache.js';
import { bytesOfRow } from '../src/stored/row-binding.js';
import { codeOf, outcomeOf } from './support/error-code.js';
import { DAY, fakeTime, HOUR, MINUTE, settle } from './support/fake-time.js';
import { createStored, openTable } from './support/key-tables.js';
import { MemoryKms } from './support/memory-kms.js';

const text = Buffer.from('999-00-1234');
const keyOf = (value: Buffer) => value.toString('hex', 4, 20);

describe('one call for many who ask', () => {
  it('is for readers of one whole row, and not of one fingerprint', async () => {
    const { table, exec } = openTable();
    const kms = new MemoryKms();
    const value = await (await createStored(table, kms)).encrypt(text);
    const reader = await createStored(table, kms, { generate: 'never' });
    let answer: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      answer = resolve;
    });
    kms.before = () => gate;
    const calls = kms.calls.unwrap;
    const genuine = outcomeOf(reader.decrypt(value));
    await vi.waitFor(() => expect(kms.calls.unwrap).toBe(calls + 1));
    // Another value under the same branch key, whose row is changed by now.
    const other = await (await createStored(table, Object.assign(kms, { before: () => undefined }))).encrypt(text, {
      scope: 'b',
    });
    kms.before = () => gate;
    exec(`UPDATE sqlcrypter_keys SET expires = expires + ${DAY} WHERE purpose = 'branch'`);
    const changed = outcomeOf(reader.decrypt(other));
    await settle();
    answer();
    expect(await Promise.all([genuine, changed])).toEqual(['ok', 'KMS_INVALID_BLOB']);
  });

  it('takes no two rows for one, however their parts are put together', () => {
    const row = (wraps: [number, string, string][], scope = 's'): KeyRecord => ({
      ...{ fingerprint: Buffer.alloc(16, 1), purpose: 'branch', scope, state: 'active' },
      ...{ created: 1, expires: 2, activated: undefined, retired: undefined },
      wraps: wraps.map(([provider, keyId, wrapped]) => ({ provider, keyId, wrapped: Buffer.from(wrapped) })),
    });
    const rows = [
      row([
        [1, 'k', 'ab'],
        [1, 'l', 'c'],
      ]),
      row([
        [1, 'k', 'a'],
        [1, 'l', 'bc'],
      ]),
      row([[1, 'k', 'abc']]),
      row([[2, 'k', 'abc']]),
      row([[1, 'm', 'abc']]),
      row([[1, 'k', 'abc']], ''),
      row([]),
    ];
    expect(new Set(rows.map((each) => bytesOfRow(each).toString('latin1'))).size).toBe(rows.length);
  });
});

describe('what is known to fail', () => {
  it('is of one kind of key: a wrapped key with the bytes of a fingerprint says nothing of the stored key', () => {
    const cache = new NegativeCache();
    const fingerprint = randomBytes(16);
    const wanted = (kind: string) => ({
      name: kind + fingerprint.toString('latin1'),
      wrapped: fingerprint,
      bare: false,
      fingerprints: [fingerprint],
    });
    cache.rememberFailure(wanted('c'), new SqlcrypterError('KMS_INVALID_BLOB', 'No.'));
    cache.rememberForgeries([Buffer.concat([Buffer.from('t'), fingerprint])]);
    expect(cache.failureOf(wanted('c'))?.code).toBe('KMS_INVALID_BLOB');
    for (const kind of ['b', 't', 'r']) expect(cache.failureOf(wanted(kind))).toBeUndefined();
  });
});

describe('a key that is loaded while a check finds it revoked', () => {
  it.each(['eraseScope', 'disableKey'] as const)('is not used, though its row was read before: %s', async (how) => {
    const { table } = openTable();
    const kms = new MemoryKms();
    const value = await (await createStored(table, kms)).encrypt(text, { scope: 'a' });
    const reader = await createStored(table, kms, { generate: 'never' });
    let answer: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      answer = resolve;
    });
    kms.before = () => gate;
    const calls = kms.calls.unwrap;
    const read = outcomeOf(reader.decrypt(value));
    await vi.waitFor(() => expect(kms.calls.unwrap).toBe(calls + 1));
    await (how === 'eraseScope' ? table.eraseScope('a') : table.disableKey(value.subarray(4, 20)));
    await reader.checkRevocations();
    answer();
    expect(await read).toBe(how === 'eraseScope' ? 'KEY_DESTROYED' : 'KEY_DISABLED');
    expect(await codeOf(() => reader.decryptSync(value))).not.toBe('AUTH_FAILED');
  });
});

it('a branch key whose wraps were moved to another key stays in use, without a call to either', async () => {
  const { table, exec } = openTable();
  const kms = new MemoryKms();
  const writer = await createStored(table, kms);
  const calls = { ...kms.calls };
  exec("UPDATE sqlcrypter_key_wraps SET kek = 'next', wrapped = randomblob(60) WHERE provider <> 0");
  for (const scope of ['a', 'b']) await writer.encrypt(text, { scope });
  expect(kms.calls).toEqual(calls);
});

describe('a row that is gone', () => {
  it('is told once, and its key is read with for a day more, or for good if it comes back', async () => {
    fakeTime();
    const { table, exec, rows } = openTable();
    const kms = new MemoryKms();
    const crypterer = await createStored(table, kms, { dekCache: { ttl: 90 * DAY } });
    const value = await crypterer.encrypt(text, { scope: 'a' });
    const backup = await table.export();
    const lose = () => {
      exec('DROP TRIGGER IF EXISTS sqlcrypter_keys_delete');
      exec("DELETE FROM sqlcrypter_keys WHERE scope = 'a'");
    };
    lose();
    await vi.advanceTimersByTimeAsync(5 * MINUTE);
    await settle();
    expect(crypterer.stats().events).toMatchObject({ lost: 1, evicted: 0 });
    expect(await codeOf(() => crypterer.encryptSync(text, { scope: 'a' }))).toBe('KEY_NOT_LOADED');
    expect(crypterer.decryptSync(value)).toEqual(text);
    await table.import(backup);
    await crypterer.checkRevocations();
    expect(rows("SELECT state FROM sqlcrypter_keys WHERE scope = 'a'")).toEqual([{ state: 'decrypt-only' }]);
    lose();
    const error = await crypterer.checkRevocations().catch((each) => each as SqlcrypterError);
    expect(error).toMatchObject({
      code: 'KEY_NOT_FOUND',
      keyRef: keyOf(value),
      message: expect.stringContaining('from a backup or an export'),
    });
    for (let hour = 0; hour < 23; hour++) await vi.advanceTimersByTimeAsync(HOUR);
    await settle();
    expect(crypterer.decryptSync(value)).toEqual(text);
    for (let hour = 0; hour < 2; hour++) await vi.advanceTimersByTimeAsync(HOUR);
    await settle();
    expect(crypterer.stats().events).toMatchObject({ lost: 2, evicted: 1 });
    expect(await codeOf(crypterer.decrypt(value))).toBe('KEY_NOT_FOUND');
    expect(await outcomeOf(crypterer.checkRevocations())).toBe('ok');
  });
});

describe('a key that a clock far ahead has made', () => {
  const YEAR = 365 * DAY;

  /** A process whose clock is ahead by so much when it starts, and a value of it. The clock is right after that. */
  async function ahead(milliseconds: number, options: object = {}) {
    fakeTime();
    const counted = openTable();
    const kms = new MemoryKms();
    const now = Date.now();
    vi.setSystemTime(now + milliseconds);
    const fast = await createStored(counted.table, kms, options);
    const value = await fast.encrypt(text, { scope: 'a' });
    vi.setSystemTime(now);
    const start = () => createStored(counted.table, kms, options);
    const data = () =>
      counted.rows(
        "SELECT hex(fingerprint) AS key, state, created FROM sqlcrypter_keys WHERE purpose = 'data' AND scope = 'a'",
      );
    return { ...counted, kms, fast, value, start, data, now };
  }

  it.each([HOUR, DAY, YEAR])('is read and not written with: ahead by %d ms', async (milliseconds) => {
    const { start, value, data, now } = await ahead(milliseconds);
    const right = await start();
    expect(await right.decrypt(value)).toEqual(text);
    const own = await right.encrypt(text, { scope: 'a' });
    expect(keyOf(own)).not.toBe(keyOf(value));
    expect(data().map(({ created }) => Number(created) > now)).toContain(false);
    // Nobody makes another one: the fleet meets on the key that is not ahead.
    expect(keyOf(await (await start()).encrypt(text, { scope: 'a' }))).toBe(keyOf(own));
    expect(data()).toHaveLength(2);
  });

  it('is written with where it is ahead by what clocks differ by: some minutes', async () => {
    const { start, value, data } = await ahead(10 * MINUTE);
    expect(keyOf(await (await start()).encrypt(text, { scope: 'a' }))).toBe(keyOf(value));
    expect(data()).toHaveLength(1);
  });

  it('outlives no other: nothing is written under it by a right clock, at any time', async () => {
    const options = { dekLimits: { maxAge: HOUR }, dekCache: { ttl: 90 * DAY } };
    const { start, value } = await ahead(10 * HOUR, options);
    const right = await start();
    for (let quarter = 0; quarter < 60; quarter++) {
      const written = await right.encrypt(text, { scope: 'a' });
      expect(keyOf(written)).not.toBe(keyOf(value));
      await vi.advanceTimersByTimeAsync(15 * MINUTE);
      await settle();
    }
  });

  it('does not hold up the next key of a line that has one, though it waits in its place', async () => {
    fakeTime();
    const { table, rows } = openTable();
    const kms = new MemoryKms();
    const options = { dekCache: { ttl: 90 * DAY } };
    const right = await createStored(table, kms, options);
    right.encryptSync(text);
    await vi.advanceTimersByTimeAsync(16 * MINUTE);
    right.encryptSync(text);
    await settle();
    const now = Date.now();
    // For this one the key has expired. It ends before the one that it makes is active.
    vi.setSystemTime(now + 40 * DAY);
    const fast = await createStored(table, kms, options);
    const madeAhead = keyOf(fast.encryptSync(text));
    await fast.close();
    vi.setSystemTime(now);
    expect(rows("SELECT state FROM sqlcrypter_keys WHERE purpose = 'data' ORDER BY created")).toEqual([
      { state: 'active' },
      { state: 'pending' },
    ]);
    const keys = new Set<string>();
    for (let half = 0; half < 160; half++) {
      vi.setSystemTime(Date.now() + 12 * HOUR);
      keys.add(keyOf(right.encryptSync(text)));
      await vi.advanceTimersByTimeAsync(16 * MINUTE);
      await settle();
    }
    expect(keys.size).toBeGreaterThanOrEqual(3);
    expect(keys).not.toContain(madeAhead);
  });
});
