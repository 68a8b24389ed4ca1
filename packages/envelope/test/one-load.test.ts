import { randomBytes } from 'node:crypto';
import { type ErrorCode, SqlcrypterError } from '@sqlcrypter/core';
import { describe, expect, it } from 'vitest';
import { codeOf, errorOf } from './support/error-code.js';
import { frameUnder } from './support/frames.js';
import { type CountedTable, createStored, openTable } from './support/key-tables.js';
import { beDown, createEnvelope, hang, MemoryKms, OtherKms } from './support/memory-kms.js';

const text = Buffer.from('999-00-1234');
const keyOf = (value: Buffer) => value.toString('hex', 4, 20);

function answerWith(code: ErrorCode) {
  return () => {
    throw new SqlcrypterError(code, 'As told.');
  };
}

/** A value whose row has the wraps of three hundred branch rows of garbage, and no genuine one. */
async function forgedRows() {
  const counted = openTable();
  const kms = new MemoryKms();
  const value = await (await createStored(counted.table, kms)).encrypt(text);
  forge(counted, keyOf(value), 300);
  return { ...counted, kms, value };
}

/** Branch rows with six wraps each, and a wrap by each of them for the key of a value, before its own. */
function forge({ exec }: CountedTable, key: string, branches: number): void {
  const data = `x'${key}'`;
  exec('DROP TRIGGER IF EXISTS sqlcrypter_key_wraps_delete');
  exec(`DELETE FROM sqlcrypter_key_wraps WHERE fingerprint = ${data}`);
  for (let i = 0; i < branches; i++) {
    const name = randomBytes(16).toString('hex');
    const branch = `x'${name}'`;
    exec(`INSERT INTO sqlcrypter_keys (fingerprint, purpose, scope, state, created, expires)
      VALUES (${branch}, 'branch', '', 'decrypt-only', 1, 9000000000000)`);
    for (let kek = 0; kek < 6; kek++) {
      exec(`INSERT INTO sqlcrypter_key_wraps (fingerprint, provider, kek, branch, wrapped)
        VALUES (${branch}, 200, 'memory-${kek}', NULL, randomblob(60))`);
    }
    exec(`INSERT INTO sqlcrypter_key_wraps (fingerprint, provider, kek, branch, wrapped)
      VALUES (${data}, 0, '${name}', ${branch}, randomblob(100))`);
  }
}

describe('one read', () => {
  it('makes at most eight KMS calls, whatever the key table holds, and then none for a while', async () => {
    const { table, kms, value } = await forgedRows();
    const reader = await createStored(table, kms, { generate: 'never' });
    const before = kms.calls.unwrap;
    for (let i = 0; i < 5; i++) expect(await codeOf(reader.decrypt(value))).toBe('KMS_INVALID_BLOB');
    expect(kms.calls.unwrap - before).toBe(8);
  });

  it('makes at most eight with any number of key services', async () => {
    const { table, kms, value } = await forgedRows();
    const services = Array.from({ length: 6 }, () => new MemoryKms());
    const reader = await createStored(table, kms, { generate: 'never', fallback: services });
    const before = kms.calls.unwrap;
    expect(await codeOf(reader.decrypt(value))).toBe('KMS_INVALID_BLOB');
    const calls = services.reduce((sum, service) => sum + service.calls.unwrap, kms.calls.unwrap - before);
    expect(calls).toBe(8);
  });

  it('makes no more calls than the rate limit allows, and is not known as bad because of it', async () => {
    const { table, kms, value } = await forgedRows();
    const reader = await createStored(table, kms, { generate: 'never', decryptRateLimit: { rps: 1e-3, burst: 5 } });
    const before = kms.calls.unwrap;
    for (let i = 0; i < 3; i++) {
      expect(await errorOf(reader.decrypt(value))).toMatchObject({ code: 'KMS_RATE_LIMITED', retryable: true });
    }
    expect(kms.calls.unwrap - before).toBe(5);
  });

  it('has one deadline, however many branch keys are tried', async () => {
    const { table, kms, value } = await forgedRows();
    const reader = await createStored(table, kms, { generate: 'never', requestTimeout: 200 });
    kms.before = hang;
    const start = performance.now();
    expect(await codeOf(reader.decrypt(value))).toBe('KMS_TIMEOUT');
    expect(performance.now() - start).toBeLessThan(2 * 200 - 20);
  });

  it('counts each fallback that it asks', async () => {
    const kms = new MemoryKms();
    const fallback = new MemoryKms();
    kms.before = beDown;
    const values = [1, 2, 3].map(() => {
      const dek = randomBytes(32);
      return frameUnder(dek, fallback.wrap(dek), { provider: 200 });
    });
    const options = { generate: 'never', fallback: [fallback], decryptRateLimit: { rps: 1e-3, burst: 4 } } as const;
    const reader = await createEnvelope(kms, options);
    for (const value of values.slice(0, 2)) await reader.decrypt(value);
    expect(await codeOf(reader.decrypt(values[2] as Buffer))).toBe('KMS_RATE_LIMITED');
    expect([kms.calls.unwrap, fallback.calls.unwrap]).toEqual([2, 2]);
  });
});

describe('a key with several wraps', () => {
  /** A value under a branch key that two KMSs wrap. */
  async function twoWraps() {
    const { table } = openTable();
    const [kms, other] = [new MemoryKms(), new OtherKms()];
    const writer = await createStored(table, kms, { otherKeyServices: [other] });
    const value = await writer.encrypt(text);
    const restarted = () => createStored(table, kms, { otherKeyServices: [other], generate: 'never' });
    return { kms, other, value, writer, restarted };
  }

  it.each([
    ['KMS_DENIED', 'KMS_UNAVAILABLE'],
    ['KMS_INVALID_BLOB', 'KMS_TIMEOUT'],
    ['KEY_NOT_FOUND', 'KMS_THROTTLED'],
    ['KMS_UNAVAILABLE', 'KMS_DENIED'],
  ] as const)('one of which ends in %s and the other in %s is not known as bad', async (first, second) => {
    const { kms, other, value, restarted } = await twoWraps();
    const reader = await restarted();
    [kms.before, other.before] = [answerWith(first), answerWith(second)];
    expect(await errorOf(reader.decrypt(value))).toMatchObject({ retryable: true });
    [kms.before, other.before] = [answerWith(first), () => undefined];
    expect(await reader.decrypt(value)).toEqual(text);
  });

  it('is refused where all of them are', async () => {
    const { kms, other, value, restarted } = await twoWraps();
    const reader = await restarted();
    [kms.before, other.before] = [answerWith('KMS_DENIED'), answerWith('KEY_DISABLED')];
    expect(await codeOf(reader.decrypt(value))).toBe('KMS_DENIED');
  });
});

describe('a failure that repeats', () => {
  it.each(['CONFIG', 'PROVIDER_FAILED', 'KMS_DENIED'] as const)('with %s is remembered', async (code) => {
    const kms = new MemoryKms();
    const value = await (await createEnvelope(kms)).encrypt(text);
    kms.before = answerWith(code);
    const reader = await createEnvelope(kms, { generate: 'never' });
    for (let i = 0; i < 20; i++) expect(await codeOf(reader.decrypt(value))).toBe(code);
    expect(kms.calls.unwrap).toBe(1);
    expect(reader.stats().events.negative).toBe(19);
  });

  it('without a code is remembered', async () => {
    const kms = new MemoryKms();
    const value = await (await createEnvelope(kms)).encrypt(text);
    kms.before = () => {
      throw new Error('no code');
    };
    const reader = await createEnvelope(kms, { generate: 'never' });
    for (let i = 0; i < 20; i++) expect(await codeOf(reader.decrypt(value))).toBe('PROVIDER_FAILED');
    expect(kms.calls.unwrap).toBe(1);
  });
});
