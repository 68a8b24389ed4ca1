import { describe, expect, it, vi } from 'vitest';
import { codeOf } from './support/error-code.js';
import { DAY, fakeTime, MINUTE, settle } from './support/fake-time.js';
import { createStored, openTable } from './support/key-tables.js';
import { beDown, MemoryKms } from './support/memory-kms.js';

const text = Buffer.from('999-00-1234');

describe('an erased scope', () => {
  it('is gone for every process that starts after it, and its values are KEY_DESTROYED', async () => {
    const { table } = openTable();
    const kms = new MemoryKms();
    const writer = await createStored(table, kms);
    const value = await writer.encrypt(text, { scope: 'person:1' });
    const other = await writer.encrypt(text, { scope: 'person:2' });
    expect(await table.eraseScope('person:1')).toBe(1);
    const reader = await createStored(table, kms);
    expect(await codeOf(reader.decrypt(value))).toBe('KEY_DESTROYED');
    expect(await codeOf(() => reader.decryptSync(value))).toBe('KEY_DESTROYED');
    expect(await codeOf(reader.encrypt(text, { scope: 'person:1' }))).toBe('KEY_DESTROYED');
    expect(await reader.decrypt(other)).toEqual(text);
  });

  it('is dropped by running processes within the revocation interval, leases and writers included', async () => {
    fakeTime();
    const { table } = openTable();
    const kms = new MemoryKms();
    const crypterer = await createStored(table, kms);
    const value = await crypterer.encrypt(text, { scope: 'person:1' });
    const lease = await crypterer.loadKeys([value]);
    await table.eraseScope('person:1');
    expect(crypterer.decryptSync(value)).toEqual(text);
    await vi.advanceTimersByTimeAsync(MINUTE);
    await settle();
    expect(await codeOf(() => crypterer.decryptSync(value))).toBe('KEY_NOT_LOADED');
    expect(await codeOf(crypterer.decrypt(value))).toBe('KEY_DESTROYED');
    expect(await codeOf(() => crypterer.encryptSync(text, { scope: 'person:1' }))).toBe('KEY_NOT_LOADED');
    expect(await codeOf(crypterer.encrypt(text, { scope: 'person:1' }))).toBe('KEY_DESTROYED');
    lease.dispose();
  });

  it('is dropped at once where the application is told of it', async () => {
    const { table } = openTable();
    const crypterer = await createStored(table);
    const value = await crypterer.encrypt(text, { scope: 'person:1' });
    await table.eraseScope('person:1');
    await crypterer.checkRevocations();
    expect(await codeOf(crypterer.decrypt(value))).toBe('KEY_DESTROYED');
  });
});

it('a check that is asked for during another looks once more: the first may have looked too early', async () => {
  const { table, statements } = openTable();
  const crypterer = await createStored(table);
  const asked = statements.length;
  await Promise.all(Array.from({ length: 5 }, () => crypterer.checkRevocations()));
  expect(statements.slice(asked).filter((sql) => !sql.includes('sqlcrypter_key_wraps'))).toHaveLength(2);
});

describe('a scope that is erased while a key is stored in it', () => {
  const late = "x'00000000000000000000000000000001'";
  const insertLate = `INSERT INTO sqlcrypter_keys (fingerprint, purpose, scope, state, created, expires)
    VALUES (${late}, 'data', 'person:1', 'pending', 1, 2)`;

  it('loses that key too, where it came by before the erasing was seen', async () => {
    const counted = openTable();
    await (await createStored(counted.table)).encrypt(text, { scope: 'person:1' });
    counted.before = (sql) => {
      if (!sql.startsWith('DELETE')) return;
      counted.before = () => undefined;
      counted.exec(insertLate);
    };
    expect(await counted.table.eraseScope('person:1')).toBe(2);
    expect(counted.rows("SELECT state FROM sqlcrypter_keys WHERE scope = 'person:1'")).toEqual([
      { state: 'destroyed' },
      { state: 'destroyed' },
    ]);
  });

  it('loses that key too, where the erasing came by after', async () => {
    const counted = openTable();
    const crypterer = await createStored(counted.table);
    let inserted = false;
    counted.before = (sql) => {
      if (inserted && sql.startsWith('SELECT')) {
        counted.before = () => undefined;
        counted.exec(insertLate.replace('pending', 'destroyed'));
      }
      if (sql.startsWith('INSERT INTO sqlcrypter_keys')) inserted = true;
    };
    expect(await codeOf(crypterer.encrypt(text, { scope: 'person:1' }))).toBe('KEY_DESTROYED');
    const keys = "SELECT fingerprint FROM sqlcrypter_keys WHERE scope = 'person:1'";
    expect(counted.rows(`${keys} AND state <> 'destroyed'`)).toEqual([]);
    expect(counted.rows(`SELECT 1 FROM sqlcrypter_key_wraps WHERE fingerprint IN (${keys})`)).toEqual([]);
  });

  it('takes no key from an import, whichever table it comes from', async () => {
    const [source, { table, rows }] = [openTable(), openTable()];
    const kms = new MemoryKms();
    await (await createStored(table, kms)).encrypt(text, { scope: 'person:1' });
    await table.eraseScope('person:1');
    const value = await (await createStored(source.table, kms)).encrypt(text, { scope: 'person:1' });
    await table.import(await source.table.export());
    expect(await codeOf((await createStored(table, kms)).decrypt(value))).toBe('KEY_NOT_FOUND');
    expect(rows("SELECT 1 FROM sqlcrypter_keys WHERE scope = 'person:1'")).toHaveLength(1);
  });
});

describe('a scope that is erased while its next key waits', () => {
  it('is not written in with that key either, though no cache has room for it', async () => {
    fakeTime();
    const { table, rows } = openTable();
    const options = { dekCache: { maxSize: 1, ttl: 90 * DAY } };
    const crypterer = await createStored(table, new MemoryKms(), options);
    await crypterer.encrypt(text, { scope: 'person:1' });
    await vi.advanceTimersByTimeAsync(16 * MINUTE);
    crypterer.encryptSync(text, { scope: 'person:1' });
    await settle();
    vi.setSystemTime(Date.now() + 28 * DAY);
    crypterer.encryptSync(text, { scope: 'person:1' });
    await vi.waitFor(() =>
      expect(rows("SELECT 1 FROM sqlcrypter_keys WHERE state = 'pending' AND scope <> ''")).toHaveLength(1),
    );
    await settle();
    await table.eraseScope('person:1');
    await crypterer.checkRevocations();
    expect(await codeOf(() => crypterer.encryptSync(text, { scope: 'person:1' }))).toBe('KEY_NOT_LOADED');
    expect(await codeOf(crypterer.encrypt(text, { scope: 'person:1' }))).toBe('KEY_DESTROYED');
  });
});

describe('a disabled key', () => {
  it('is neither read nor written with until it is enabled, and only read after that', async () => {
    fakeTime();
    const { table } = openTable();
    const crypterer = await createStored(table);
    const value = await crypterer.encrypt(text);
    await table.disableKey(value.subarray(4, 20));
    await crypterer.checkRevocations();
    expect(await codeOf(crypterer.decrypt(value))).toBe('KEY_DISABLED');
    const next = await crypterer.encrypt(text);
    expect(next.subarray(4, 20)).not.toEqual(value.subarray(4, 20));
    await table.enableKey(value.subarray(4, 20));
    vi.advanceTimersByTime(6_000);
    expect(await crypterer.decrypt(value)).toEqual(text);
  });
});

describe('a permission that was taken away', () => {
  it('ends the use of the branch key, and of all that it opened, when the KMS is asked again', async () => {
    fakeTime();
    const { table } = openTable();
    const kms = new MemoryKms();
    const crypterer = await createStored(table, kms);
    const value = await crypterer.encrypt(text);
    const { SqlcrypterError } = await import('@sqlcrypter/core');
    kms.before = () => {
      throw new SqlcrypterError('KMS_DENIED', 'no');
    };
    await vi.advanceTimersByTimeAsync(DAY + 2 * MINUTE);
    await settle();
    expect(await codeOf(crypterer.decrypt(value))).toBe('KMS_DENIED');
    expect(await codeOf(() => crypterer.encryptSync(text))).toBe('KEY_NOT_LOADED');
  });
});

describe('an outage', () => {
  it('of the KMS, the table or both does not stop a process that has its keys', async () => {
    fakeTime();
    const counted = openTable();
    const kms = new MemoryKms();
    const crypterer = await createStored(counted.table, kms);
    const value = await crypterer.encrypt(text);
    kms.before = beDown;
    counted.before = () => {
      throw new Error('down');
    };
    for (let hour = 0; hour < 20; hour++) {
      await vi.advanceTimersByTimeAsync(60 * MINUTE);
      crypterer.encryptSync(text);
      expect(crypterer.decryptSync(value)).toEqual(text);
    }
    await vi.advanceTimersByTimeAsync(DAY);
    await settle();
    expect(await codeOf(() => crypterer.decryptSync(value))).toBe('KEY_NOT_LOADED');
    expect(await codeOf(crypterer.decrypt(value))).toBe('KEY_STORE_UNAVAILABLE');
    counted.before = () => undefined;
    expect(await codeOf(crypterer.decrypt(value))).toBe('KMS_UNAVAILABLE');
    kms.before = () => undefined;
    expect(await crypterer.decrypt(value)).toEqual(text);
    expect(await crypterer.decrypt(await crypterer.encrypt(text))).toEqual(text);
  });

  it("of the KMS lets a process start with generate: 'first-use', and heals by itself", async () => {
    const { table } = openTable();
    const kms = new MemoryKms();
    const value = await (await createStored(table, kms)).encrypt(text);
    kms.before = beDown;
    expect(await codeOf(createStored(table, kms))).toBe('KMS_UNAVAILABLE');
    const crypterer = await createStored(table, kms, { generate: 'first-use' });
    expect(await codeOf(crypterer.decrypt(value))).toBe('KMS_UNAVAILABLE');
    expect(await codeOf(crypterer.encrypt(text))).toBe('KMS_UNAVAILABLE');
    kms.before = () => undefined;
    expect(await crypterer.decrypt(value)).toEqual(text);
    expect((await crypterer.encrypt(text)).subarray(4, 20)).toEqual(value.subarray(4, 20));
  });

  it('leaves nothing behind when the crypterer is closed while it waits', async () => {
    const counted = openTable();
    const crypterer = await createStored(counted.table);
    const value = await crypterer.encrypt(text, { scope: 'a' });
    crypterer.forgetKeys();
    let release: (() => void) | undefined;
    counted.before = () => new Promise<void>((resolve) => (release = resolve));
    const read = codeOf(crypterer.decrypt(value));
    await settle();
    await crypterer.close();
    release?.();
    expect(await read).toBe('DISPOSED');
    expect(await codeOf(crypterer.checkRevocations())).toBe('DISPOSED');
  });
});
