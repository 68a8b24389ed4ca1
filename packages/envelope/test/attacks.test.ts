import { describe, expect, it, vi } from 'vitest';
import { codeOf } from './support/error-code.js';
import { DAY, fakeTime, HOUR } from './support/fake-time.js';
import { createStored, openTable } from './support/key-tables.js';
import { MemoryKms } from './support/memory-kms.js';
import { whenTestEnds } from './support/when-test-ends.js';

const text = Buffer.from('999-00-1234');
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const keyOf = (value: Buffer) => value.toString('hex', 4, 20);

/** Two tenants with a value each, and the table as its attacker sees it. */
async function twoTenants() {
  const counted = openTable();
  const kms = new MemoryKms();
  const writer = await createStored(counted.table, kms);
  const values = {
    a: await writer.encrypt(text, { scope: 'a' }),
    b: await writer.encrypt(text, { scope: 'b' }),
  };
  const restarted = () => createStored(counted.table, kms, { generate: 'never' });
  return { ...counted, kms, writer, values, restarted };
}

describe('somebody who can write to the key table', () => {
  it('cannot swap the wraps of two rows unnoticed', async () => {
    const { exec, values, restarted } = await twoTenants();
    exec(`UPDATE sqlcrypter_key_wraps SET wrapped = (SELECT wrapped FROM sqlcrypter_key_wraps w
      WHERE w.fingerprint = x'${keyOf(values.b)}') WHERE fingerprint = x'${keyOf(values.a)}'`);
    const reader = await restarted();
    expect(await codeOf(reader.decrypt(values.a))).toBe('KMS_INVALID_BLOB');
    expect(await reader.decrypt(values.b)).toEqual(text);
  });

  it('cannot give one tenant the key of another by swapping scopes', async () => {
    const { exec, values, kms, table } = await twoTenants();
    exec(`UPDATE sqlcrypter_keys SET scope = 'c' WHERE scope = 'a'`);
    exec(`UPDATE sqlcrypter_keys SET scope = 'a' WHERE scope = 'b'`);
    const writer = await createStored(table, kms);
    expect(await codeOf(writer.encrypt(text, { scope: 'a' }))).toBe('KMS_INVALID_BLOB');
    expect(await codeOf(writer.decrypt(values.b))).toBe('KMS_INVALID_BLOB');
  });

  it('cannot let a process that has the key in memory write longer by moving the end of a row', async () => {
    fakeTime();
    const { exec, writer, values } = await twoTenants();
    const created = Date.now();
    exec(`UPDATE sqlcrypter_keys SET expires = expires + ${365 * DAY} WHERE purpose = 'data'`);
    vi.setSystemTime(created + 30 * DAY + HOUR);
    expect(await codeOf(() => writer.encryptSync(text, { scope: 'a' }))).toBe('DEK_EXHAUSTED');
    expect(keyOf(await writer.encrypt(text, { scope: 'a' }))).not.toBe(keyOf(values.a));
    expect(writer.decryptSync(values.a)).toEqual(text);
  });

  it('cannot let a process that has the branch key in memory write what nobody else could read', async () => {
    const { exec, writer, restarted } = await twoTenants();
    exec(`UPDATE sqlcrypter_keys SET expires = expires + ${365 * DAY} WHERE purpose = 'branch'`);
    expect(await codeOf(writer.encrypt(text, { scope: 'new' }))).toBe('KMS_INVALID_BLOB');
    exec(`UPDATE sqlcrypter_keys SET expires = expires - ${365 * DAY} WHERE purpose = 'branch'`);
    vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.now() + HOUR });
    whenTestEnds(() => vi.useRealTimers());
    vi.advanceTimersByTime(HOUR);
    expect(await (await restarted()).decrypt(await writer.encrypt(text, { scope: 'new' }))).toEqual(text);
  });

  it.each([
    ['a later end', `expires = expires + ${365 * DAY}`],
    ['an earlier making', `created = created - ${DAY}`],
    ['another purpose', "purpose = 'branch'"],
  ])('cannot give a row %s: a process that starts then opens it no more', async (_, change) => {
    const { exec, table, kms, values, restarted } = await twoTenants();
    exec(`UPDATE sqlcrypter_keys SET ${change} WHERE scope = 'a'`);
    expect(await codeOf((await restarted()).decrypt(values.a))).toMatch(/KMS_INVALID_BLOB|KEY_NOT_FOUND/);
    const writer = await createStored(table, kms);
    if (!change.startsWith('purpose')) {
      expect(await codeOf(writer.encrypt(text, { scope: 'a' }))).toBe('KMS_INVALID_BLOB');
    }
  });

  it('cannot do the same with the branch key, which the KMS itself refuses then', async () => {
    const { exec, table, kms, values, restarted } = await twoTenants();
    exec(`UPDATE sqlcrypter_keys SET expires = expires + ${DAY} WHERE purpose = 'branch'`);
    expect(await codeOf((await restarted()).decrypt(values.a))).toBe('KMS_INVALID_BLOB');
    expect(await codeOf(createStored(table, kms))).toBe('KMS_INVALID_BLOB');
  });

  it('cannot bring back an expired key by rolling back its state', async () => {
    fakeTime();
    const { exec, table, kms, values } = await twoTenants();
    vi.setSystemTime(Date.now() + 31 * DAY);
    const writer = await createStored(table, kms);
    const second = await writer.encrypt(text, { scope: 'a' });
    expect(keyOf(second)).not.toBe(keyOf(values.a));
    exec(`UPDATE sqlcrypter_keys SET state = 'decrypt-only' WHERE fingerprint = x'${keyOf(second)}'`);
    exec(`UPDATE sqlcrypter_keys SET state = 'active', retired = NULL WHERE fingerprint = x'${keyOf(values.a)}'`);
    const restarted = await createStored(table, kms);
    const third = await restarted.encrypt(text, { scope: 'a' });
    expect([keyOf(values.a), keyOf(second)]).not.toContain(keyOf(third));
    exec(`UPDATE sqlcrypter_keys SET state = 'decrypt-only' WHERE fingerprint = x'${keyOf(third)}'`);
    exec(`UPDATE sqlcrypter_keys SET state = 'pending' WHERE fingerprint = x'${keyOf(values.a)}'`);
    await restarted.checkRevocations();
    await vi.advanceTimersByTimeAsync(HOUR);
    expect(keyOf(restarted.encryptSync(text, { scope: 'a' }))).toBe(keyOf(third));
    expect(keyOf(await (await createStored(table, kms)).encrypt(text, { scope: 'a' }))).not.toBe(keyOf(values.a));
  });

  it('can replay a genuine row until its end, as SECURITY.md says, and no longer', async () => {
    fakeTime();
    const { exec, table, kms, values } = await twoTenants();
    vi.setSystemTime(Date.now() + 25 * DAY);
    exec(`UPDATE sqlcrypter_keys SET state = 'decrypt-only' WHERE scope = 'a'`);
    const writer = await createStored(table, kms);
    const second = await writer.encrypt(text, { scope: 'a' });
    exec(`UPDATE sqlcrypter_keys SET state = 'decrypt-only' WHERE fingerprint = x'${keyOf(second)}'`);
    exec(`UPDATE sqlcrypter_keys SET state = 'active' WHERE fingerprint = x'${keyOf(values.a)}'`);
    const replayed = await createStored(table, kms);
    expect(keyOf(await replayed.encrypt(text, { scope: 'a' }))).toBe(keyOf(values.a));
    vi.setSystemTime(Date.now() + 6 * DAY);
    expect(keyOf(await replayed.encrypt(text, { scope: 'a' }))).not.toBe(keyOf(values.a));
  });

  it('cannot put a key of another branch, or a wrap of random bytes, into a row', async () => {
    const { exec, values, restarted, kms } = await twoTenants();
    const foreign = openTable();
    await createStored(foreign.table, kms);
    const [stolen] = foreign.rows('SELECT w.* FROM sqlcrypter_key_wraps w WHERE provider = 0') as [
      { wrapped: Uint8Array; kek: string },
    ];
    exec(
      `UPDATE sqlcrypter_key_wraps SET wrapped = x'${hex(stolen.wrapped)}' WHERE fingerprint = x'${keyOf(values.a)}'`,
    );
    exec(`UPDATE sqlcrypter_key_wraps SET wrapped = randomblob(92) WHERE fingerprint = x'${keyOf(values.b)}'`);
    const reader = await restarted();
    expect(await codeOf(reader.decrypt(values.a))).toBe('KMS_INVALID_BLOB');
    expect(await codeOf(reader.decrypt(values.b))).toBe('KMS_INVALID_BLOB');
  });

  it('causes one call to the KMS for a branch row of garbage, and none for data rows and values under none', async () => {
    const { exec, kms, values, restarted } = await twoTenants();
    exec('UPDATE sqlcrypter_key_wraps SET wrapped = randomblob(60) WHERE provider <> 0');
    const reader = await restarted();
    const calls = kms.calls.unwrap;
    for (let time = 0; time < 10; time++) {
      expect(await codeOf(reader.decrypt(values.a))).toBe('KMS_INVALID_BLOB');
      expect(await codeOf(reader.decrypt(values.b))).toBe('KMS_INVALID_BLOB');
    }
    expect(kms.calls.unwrap - calls).toBe(1);
  });

  it('causes no more than four calls to the KMS by any number of wraps that are invented for one row', async () => {
    const { exec, kms, values, restarted } = await twoTenants();
    exec('UPDATE sqlcrypter_key_wraps SET wrapped = randomblob(60) WHERE provider <> 0');
    for (let wrap = 0; wrap < 100; wrap++) {
      exec(`INSERT INTO sqlcrypter_key_wraps SELECT fingerprint, provider, 'kek-${wrap}', branch, randomblob(60)
        FROM sqlcrypter_key_wraps WHERE kek = 'memory'`);
    }
    const reader = await restarted();
    const calls = kms.calls.unwrap;
    expect(await codeOf(reader.decrypt(values.a))).toBe('KMS_INVALID_BLOB');
    expect(kms.calls.unwrap - calls).toBe(4);
  });

  it('who removes the wraps of a row makes its values unreadable, which is told', async () => {
    const { exec, values, restarted } = await twoTenants();
    exec('DROP TRIGGER sqlcrypter_key_wraps_delete');
    exec(`DELETE FROM sqlcrypter_key_wraps WHERE fingerprint = x'${keyOf(values.a)}'`);
    expect(await codeOf((await restarted()).decrypt(values.a))).toBe('KEY_NOT_FOUND');
  });
});
