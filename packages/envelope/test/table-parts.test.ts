import { randomBytes } from 'node:crypto';
import { DataKey, type UnwrappedDataKey } from '@sqlcrypter/core/provider';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { rewrap } from '../src/index.js';
import { bindingOf } from '../src/stored/row-binding.js';
import { codeOf, errorOf } from './support/error-code.js';
import { DAY, fakeTime, MINUTE, settle } from './support/fake-time.js';
import { strayValue } from './support/frames.js';
import { createStored, openTable } from './support/key-tables.js';
import { beDown, MemoryKms, OtherKms } from './support/memory-kms.js';

const text = Buffer.from('999-00-1234');
const keyOf = (value: Buffer) => value.toString('hex', 4, 20);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

afterEach(() => vi.restoreAllMocks());

describe('rewrap', () => {
  /** A table with so many branch keys, which a KMS wraps. */
  async function branchKeys(count: number) {
    const counted = openTable();
    const kms = new MemoryKms();
    for (let i = 0; i < count; i++) {
      const plaintext = randomBytes(32);
      const { fingerprint } = new DataKey(plaintext);
      const facts = { fingerprint, purpose: 'branch', scope: `s${i}`, created: 1, expires: 2 } as const;
      const wrapped = kms.wrap(plaintext, false, bindingOf(facts));
      await counted.table.insertPending({ ...facts, wraps: [{ provider: 200, keyId: 'memory', wrapped }] });
    }
    counted.statements.length = 0;
    const keks = () => counted.rows('SELECT kek, count(*) AS n FROM sqlcrypter_key_wraps GROUP BY kek ORDER BY kek');
    const writes = () => counted.statements.filter((sql) => !sql.startsWith('SELECT')).length;
    return { ...counted, kms, keks, writes };
  }

  it.each([99, 100, 101, 201])('comes to each of %d keys once, and writes nothing the second time', async (count) => {
    const { table, kms, keks, writes, statements } = await branchKeys(count);
    const to = new OtherKms();
    expect(await rewrap({ store: table, from: [kms], to })).toEqual({ keys: count, rewrapped: count, removed: 0 });
    expect(keks()).toEqual([
      { kek: 'memory', n: count },
      { kek: 'other', n: count },
    ]);
    expect([kms.calls.unwrap, to.calls.generate]).toEqual([count, count]);
    statements.length = 0;
    expect(await rewrap({ store: table, to })).toEqual({ keys: count, rewrapped: 0, removed: 0 });
    expect(writes()).toBe(0);
    expect(await rewrap({ store: table, to, removeOthers: true })).toEqual({
      keys: count,
      rewrapped: 0,
      removed: count,
    });
    expect(keks()).toEqual([{ kek: 'other', n: count }]);
  });

  it('wraps inside the KMS where that can, by wraps of that KMS alone', async () => {
    const { table, kms, keks } = await branchKeys(3);
    const foreign = new OtherKms();
    await rewrap({ store: table, from: [kms], to: foreign });
    const calls = { ...kms.calls };
    const asked: string[] = [];
    const to: MemoryKms = Object.assign(new MemoryKms(), {
      keyId: 'inside',
      holds: (keyId: string) => keyId === 'inside',
      async rewrapDataKey(wrapped: Uint8Array, options: Parameters<MemoryKms['unwrapDataKey']>[1]) {
        asked.push(hex(wrapped));
        const { plaintext } = await kms.unwrapDataKey(wrapped, options);
        return to.wrapDataKey(plaintext, options);
      },
    });
    expect(await rewrap({ store: table, to, removeOthers: true })).toEqual({ keys: 3, rewrapped: 3, removed: 6 });
    expect(keks()).toEqual([{ kek: 'inside', n: 3 }]);
    expect([asked.length, kms.calls.unwrap - calls.unwrap]).toEqual([3, 3]);
  });

  it('opens and wraps where the KMS refuses to do it inside', async () => {
    const { table, kms, keks } = await branchKeys(2);
    const to = Object.assign(new MemoryKms(), { keyId: 'outside', holds: (id: string) => id === 'outside' });
    Object.assign(to, { rewrapDataKey: async () => beDown() });
    expect(await rewrap({ store: table, from: [kms], to })).toEqual({ keys: 2, rewrapped: 2, removed: 0 });
    expect(keks().map(({ kek }) => kek)).toEqual(['memory', 'outside']);
  });

  it('leaves no key in memory, and wraps none that is not the one of its row', async () => {
    const { table, kms } = await branchKeys(2);
    const seen: UnwrappedDataKey[] = [];
    const from = Object.assign(new MemoryKms(), {
      async unwrapDataKey(...args: Parameters<MemoryKms['unwrapDataKey']>) {
        const answer = await kms.unwrapDataKey(...args);
        seen.push(answer);
        return answer;
      },
    });
    await rewrap({ store: table, from: [from], to: new OtherKms() });
    expect(seen.map(({ plaintext }) => plaintext)).toEqual([Buffer.alloc(32), Buffer.alloc(32)]);

    const lying = Object.assign(new MemoryKms(), {
      unwrapDataKey: async () => ({ plaintext: Buffer.alloc(32, 1), keyId: 'memory' }),
    });
    const to = Object.assign(new OtherKms(), { keyId: 'another' });
    expect(await codeOf(rewrap({ store: table, from: [lying], to }))).toBe('KEY_COMMITMENT');
    expect(to.calls.generate).toBe(0);
  });
});

describe('a look at what was revoked', () => {
  it('asks nothing where nothing is in memory', async () => {
    const { table, statements } = openTable();
    const crypterer = await createStored(table, new MemoryKms(), { generate: 'first-use' });
    await crypterer.checkRevocations();
    expect(statements).toEqual([]);
  });

  it('asks once for all keys, and not for the next ones before they may be there', async () => {
    const { table, statements } = openTable();
    const crypterer = await createStored(table);
    await crypterer.encrypt(text, { scope: 'a' });
    await crypterer.encrypt(text, { scope: 'b' });
    statements.length = 0;
    await crypterer.checkRevocations();
    expect(statements.length).toBe(1);
  });

  it('drops the disabled key, counts it, and leaves the others in memory', async () => {
    const { table, exec, statements } = openTable();
    const kms = new MemoryKms();
    const writer = await createStored(table, kms);
    const [a, b] = [await writer.encrypt(text, { scope: 'a' }), await writer.encrypt(text, { scope: 'b' })];
    const reader = await createStored(table, kms, { generate: 'never' });
    for (const value of [a, b]) await reader.decrypt(value);
    exec(`UPDATE sqlcrypter_keys SET state = 'disabled' WHERE fingerprint = x'${keyOf(a)}'`);
    for (const crypterer of [writer, reader]) {
      await crypterer.checkRevocations();
      expect(crypterer.stats().events.evicted).toBe(1);
      statements.length = 0;
      expect(crypterer.decryptSync(b)).toEqual(text);
      expect(statements).toEqual([]);
      expect(await codeOf(crypterer.decrypt(a))).toBe('KEY_DISABLED');
    }
    expect(await codeOf(() => writer.encryptSync(text, { scope: 'a' }))).toBe('KEY_NOT_LOADED');
    writer.encryptSync(text, { scope: 'b' });
  });

  it('drops all that a disabled branch key opened', async () => {
    const { table, exec } = openTable();
    const crypterer = await createStored(table);
    const values = [await crypterer.encrypt(text, { scope: 'a' }), await crypterer.encrypt(text, { scope: 'b' })];
    const before = crypterer.stats();
    exec("UPDATE sqlcrypter_keys SET state = 'disabled' WHERE purpose = 'branch'");
    await crypterer.checkRevocations();
    const { events, branchKeys, cachedKeys } = crypterer.stats();
    expect({ evicted: events.evicted, branchKeys, cachedKeys }).toEqual({
      evicted: before.cachedKeys,
      branchKeys: 0,
      cachedKeys: 0,
    });
    for (const value of values) expect(await codeOf(() => crypterer.decryptSync(value))).toBe('KEY_NOT_LOADED');
  });

  it.each([
    { random: 0, interval: 0.9 * MINUTE },
    { random: 1, interval: MINUTE },
  ])(
    'is taken every minute, or a little earlier by chance: $interval ms, until the crypterer is closed',
    async ({ random, interval }) => {
      fakeTime();
      vi.spyOn(Math, 'random').mockReturnValue(random);
      const { table, statements } = openTable();
      const crypterer = await createStored(table);
      await settle();
      statements.length = 0;
      await vi.advanceTimersByTimeAsync(interval - 1);
      await settle();
      expect(statements.length).toBe(0);
      await vi.advanceTimersByTimeAsync(1);
      await settle();
      expect(statements.length).toBe(1);
      await vi.advanceTimersByTimeAsync(interval);
      await settle();
      expect(statements.length).toBe(2);
      await crypterer.close();
      await vi.advanceTimersByTimeAsync(10 * interval);
      expect(statements.length).toBe(2);
    },
  );

  it('that fails for longer than a day ends the use of every key', async () => {
    fakeTime();
    const counted = openTable();
    const crypterer = await createStored(counted.table);
    const value = crypterer.encryptSync(text);
    counted.before = () => {
      throw new Error('down');
    };
    await vi.advanceTimersByTimeAsync(DAY - MINUTE);
    await settle();
    expect(crypterer.decryptSync(value)).toEqual(text);
    await vi.advanceTimersByTimeAsync(3 * MINUTE);
    await settle();
    expect(await codeOf(() => crypterer.decryptSync(value))).toBe('KEY_NOT_LOADED');
    expect(await codeOf(() => crypterer.encryptSync(text))).toBe('KEY_NOT_LOADED');
    expect(crypterer.stats()).toMatchObject({ branchKeys: 0, cachedKeys: 0 });
  });

  it('loads the branch key that another process made to be the next', async () => {
    fakeTime();
    const { table, rows } = openTable();
    const kms = new MemoryKms();
    const storedKeys = { branchLifetime: 100 * DAY };
    const [one, other] = [
      await createStored(table, kms, { storedKeys }),
      await createStored(table, kms, { storedKeys }),
    ];
    await vi.advanceTimersByTimeAsync(16 * MINUTE);
    await one.encrypt(text, { scope: 'one' });
    await other.encrypt(text, { scope: 'other' });
    await settle();
    vi.setSystemTime(Date.now() + 95 * DAY);
    await one.encrypt(text, { scope: 'second' });
    await vi.waitFor(() =>
      expect(rows("SELECT 1 FROM sqlcrypter_keys WHERE purpose = 'branch' AND state = 'pending'")).toHaveLength(1),
    );
    await vi.waitFor(() => expect(one.stats().branchKeys).toBe(2));
    expect(other.stats().branchKeys).toBe(1);
    await other.checkRevocations();
    expect(other.stats().branchKeys).toBe(2);
  });
});

describe('a stored key', () => {
  it('is looked for once by all who ask in the same turn, and not again at once if it is unknown', async () => {
    const { table, statements } = openTable();
    const kms = new MemoryKms();
    const value = await (await createStored(table, kms)).encrypt(text);
    const reader = await createStored(table, kms, { generate: 'never' });
    statements.length = 0;
    await Promise.all([reader.decrypt(value), reader.decrypt(value), reader.decrypt(value)]);
    expect(statements.length).toBe(1);
    expect(reader.stats().events['look-up']).toBe(1);

    const stray = strayValue();
    for (let time = 0; time < 3; time++) {
      expect(await errorOf(reader.decrypt(stray))).toMatchObject({ code: 'KEY_NOT_FOUND', keyRef: keyOf(stray) });
    }
    expect(reader.stats().events).toMatchObject({ 'look-up': 2, negative: 0 });
  });

  it.each([
    [
      'a wrap of another row',
      'AUTH_FAILED',
      (other: string) => `(SELECT wrapped FROM sqlcrypter_key_wraps WHERE fingerprint = x'${other}')`,
    ],
    ['a wrap by another key', 'KEY_COMMITMENT', () => `x'00c71202${'ab'.repeat(16)}${'00'.repeat(72)}'`],
    ['a wrap by a local key', 'KEY_COMMITMENT', () => `x'00c7120100000001${'00'.repeat(72)}'`],
    ['no frame at all', 'FRAME_UNKNOWN', () => `x'${'ff'.repeat(92)}'`],
  ])('whose row has %s is refused, and the cause says %s', async (_, cause, wrapped) => {
    const { table, exec } = openTable();
    const kms = new MemoryKms();
    const writer = await createStored(table, kms);
    const [a, b] = [await writer.encrypt(text, { scope: 'a' }), await writer.encrypt(text, { scope: 'b' })];
    exec(`UPDATE sqlcrypter_key_wraps SET wrapped = ${wrapped(keyOf(b))} WHERE fingerprint = x'${keyOf(a)}'`);
    const reader = await createStored(table, kms, { generate: 'never' });
    expect(await errorOf(reader.decrypt(a))).toMatchObject({
      code: 'KMS_INVALID_BLOB',
      keyRef: keyOf(a),
      cause: { name: cause },
    });
  });

  it('is zeroed where it was unwrapped, and refused where it is not the one of its row', async () => {
    const { table } = openTable();
    const kms = new MemoryKms();
    const value = await (await createStored(table, kms)).encrypt(text);
    const open = vi.spyOn(DataKey.prototype, 'open');
    const reader = await createStored(table, kms, { generate: 'never' });
    await reader.decrypt(value);
    // The first is the wrap, opened with the branch key; the second is the value.
    expect(open.mock.results.map(({ value: plaintext }) => plaintext)).toEqual([Buffer.alloc(32), text]);

    open.mockReturnValueOnce(randomBytes(32));
    const deceived = await createStored(table, kms, { generate: 'never' });
    expect(await codeOf(deceived.decrypt(value))).toBe('KEY_COMMITMENT');
  });

  it('whose row names no branch key is refused, and the cause says so', async () => {
    const { table, exec } = openTable();
    const kms = new MemoryKms();
    const value = await (await createStored(table, kms)).encrypt(text);
    exec(`UPDATE sqlcrypter_key_wraps SET provider = 9, kek = 'elsewhere', branch = NULL WHERE provider = 0`);
    const reader = await createStored(table, kms, { generate: 'never' });
    expect(await errorOf(reader.decrypt(value))).toMatchObject({
      code: 'KMS_INVALID_BLOB',
      keyRef: keyOf(value),
      cause: { name: 'no branch key' },
    });
  });

  it.each([
    ['disabled', 'KEY_DISABLED'],
    ['destroyed', 'KEY_DESTROYED'],
  ])('that is %s is named in the error', async (state, code) => {
    const { table, exec } = openTable();
    const kms = new MemoryKms();
    const value = await (await createStored(table, kms)).encrypt(text);
    exec(`UPDATE sqlcrypter_keys SET state = '${state}' WHERE purpose = 'data'`);
    const reader = await createStored(table, kms, { generate: 'never' });
    expect(await errorOf(reader.decrypt(value))).toMatchObject({ code, keyRef: keyOf(value) });
  });
});
