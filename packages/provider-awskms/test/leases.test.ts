import { SqlcrypterError } from '@sqlcrypter/core';
import { describe, expect, it } from 'vitest';
import { codeOf, errorOf } from './support/error-code.js';
import { garbageFrame, goFrameUnder } from './support/frames.js';
import { createCrypterer, startKms } from './support/local-kms.js';
import { createEnvelope, MemoryKms, WRAPPED_LENGTH } from './support/memory-kms.js';

/** Values under so many data keys, and a reader that has none of them. */
async function withUnknownKeys(count: number, options: Parameters<typeof createEnvelope>[1] = {}) {
  const kms = new MemoryKms();
  const ciphertexts: Buffer[] = [];
  for (let i = 0; i < count; i++)
    ciphertexts.push(await (await createEnvelope(kms)).encrypt(Buffer.from(`value ${i}`)));
  const reader = await createEnvelope(kms, { generate: 'never', ...options });
  return { kms, ciphertexts, reader };
}

describe('loadKeys', () => {
  it('makes synchronous reads possible: KEY_NOT_LOADED before, the value after', async () => {
    const kms = await startKms();
    const ciphertext = await (await createCrypterer(kms)).encrypt(Buffer.from('value'));
    const reader = await createCrypterer(kms);
    const before = await errorOf(() => reader.decryptSync(ciphertext));
    expect(before.code).toBe('KEY_NOT_LOADED');
    expect(before.message).toContain('loadKeys');
    using lease = await reader.loadKeys([ciphertext]);
    expect(lease.failures.size).toBe(0);
    expect(reader.decryptSync(ciphertext).toString()).toBe('value');
  });

  it('asks for each distinct key once, however many values have it', async () => {
    const { kms, ciphertexts, reader } = await withUnknownKeys(5);
    const many = Array.from({ length: 100 }, (_, index) => ciphertexts[index % 5] as Buffer);
    (await reader.loadKeys(many)).dispose();
    (await reader.loadKeys(new Set(many))).dispose();
    expect(kms.calls.unwrap).toBe(5);
  });

  it('takes nothing, and gives a lease on nothing', async () => {
    const { kms, reader } = await withUnknownKeys(0);
    const lease = await reader.loadKeys([]);
    lease.dispose();
    expect(kms.calls.unwrap).toBe(0);
  });

  it('tries every key even if one fails, then rejects with the first failure in order, and holds nothing', async () => {
    const { kms, ciphertexts, reader } = await withUnknownKeys(4, { dekCache: { maxSize: 1 } });
    const garbage = garbageFrame(Buffer.alloc(60), kms.provider);
    const values = [ciphertexts[0], Buffer.from('no frame'), ciphertexts[1], garbage, ...ciphertexts.slice(2)];
    expect(await codeOf(reader.loadKeys(values as Buffer[]))).toBe('FRAME_UNKNOWN');
    expect(kms.calls.unwrap).toBe(5);
    expect(await codeOf(() => reader.decryptSync(ciphertexts[0] as Buffer))).toBe('KEY_NOT_LOADED');
  });

  it('leaves in the cache what it could load, though it rejects', async () => {
    const { ciphertexts, reader } = await withUnknownKeys(2);
    expect(await codeOf(reader.loadKeys([...ciphertexts, Buffer.from('no frame')]))).toBe('FRAME_UNKNOWN');
    expect(reader.decryptSync(ciphertexts[1] as Buffer).toString()).toBe('value 1');
  });

  it("with onError: 'collect' gives each failure at its position, and the rest is readable", async () => {
    const { kms, ciphertexts, reader } = await withUnknownKeys(3);
    const garbage = garbageFrame(Buffer.alloc(60), kms.provider);
    const forged = Buffer.from(ciphertexts[1] as Buffer);
    forged[4] = (forged[4] as number) ^ 1;
    const values = [ciphertexts[0] as Buffer, garbage, forged, ciphertexts[1] as Buffer, Buffer.alloc(0), garbage];
    const lease = await reader.loadKeys(values, { onError: 'collect' });
    expect([...lease.failures].map(([index, { code }]) => [index, code]).sort()).toEqual([
      [1, 'KMS_INVALID_BLOB'],
      [2, 'KEY_COMMITMENT'],
      [4, 'FRAME_UNKNOWN'],
      [5, 'KMS_INVALID_BLOB'],
    ]);
    expect(reader.decryptSync(ciphertexts[0] as Buffer).toString()).toBe('value 0');
    expect(reader.decryptSync(ciphertexts[1] as Buffer).toString()).toBe('value 1');
    expect(await codeOf(() => reader.decryptSync(forged))).toBe('KEY_COMMITMENT');
    lease.dispose();
  });

  it('holds its keys though they do not fit into the cache, until it is disposed', async () => {
    const size = 2 * (WRAPPED_LENGTH + 32);
    const { kms, ciphertexts, reader } = await withUnknownKeys(10, { dekCache: { maxSize: size } });
    const lease = await reader.loadKeys(ciphertexts);
    expect(reader.stats()).toMatchObject({ cachedKeys: 2, cachedBytes: size });
    for (const [index, ciphertext] of ciphertexts.entries()) {
      expect(reader.decryptSync(ciphertext).toString()).toBe(`value ${index}`);
    }
    expect(kms.calls.unwrap).toBe(10);
    lease.dispose();
    const readable = ciphertexts.filter((ciphertext) => {
      try {
        return reader.decryptSync(ciphertext);
      } catch (error) {
        if (SqlcrypterError.is(error) && error.code === 'KEY_NOT_LOADED') return false;
        throw error;
      }
    });
    expect(readable).toHaveLength(2);
  });

  it('shares a key between leases: it goes with the last of them, and disposing twice counts once', async () => {
    const { ciphertexts, reader } = await withUnknownKeys(1, { dekCache: { maxSize: 1 } });
    const [first, second] = [await reader.loadKeys(ciphertexts), await reader.loadKeys(ciphertexts)];
    first.dispose();
    first.dispose();
    first[Symbol.dispose]();
    expect(reader.decryptSync(ciphertexts[0] as Buffer).toString()).toBe('value 0');
    second.dispose();
    expect(await codeOf(() => reader.decryptSync(ciphertexts[0] as Buffer))).toBe('KEY_NOT_LOADED');
  });

  it('is one call for two loads that come together, also where nothing fits into the cache', async () => {
    const { kms, ciphertexts, reader } = await withUnknownKeys(20, { dekCache: { maxSize: 1 } });
    const leases = await Promise.all([reader.loadKeys(ciphertexts), reader.loadKeys([...ciphertexts].reverse())]);
    expect(kms.calls.unwrap).toBe(20);
    for (const lease of leases) lease.dispose();
    expect(await codeOf(() => reader.decryptSync(ciphertexts[0] as Buffer))).toBe('KEY_NOT_LOADED');
  });

  it('keeps no reference to the values themselves', async () => {
    const { ciphertexts, reader } = await withUnknownKeys(1);
    const copy = Buffer.from(ciphertexts[0] as Buffer);
    using lease = await reader.loadKeys([copy]);
    copy.fill(0xff);
    expect(lease.failures.size).toBe(0);
    expect(reader.decryptSync(ciphertexts[0] as Buffer).toString()).toBe('value 0');
  });
});

describe('a key that only Go frames name', () => {
  const dek = Buffer.alloc(32, 9);

  it('is proven by the first value that authenticates, whichever of them it is', async () => {
    const kms = new MemoryKms();
    const reader = await createEnvelope(kms, { generate: 'never', goFrames: 'read' });
    const genuine = goFrameUnder(dek, kms.wrap(dek, true));
    const changed = Buffer.from(genuine);
    changed[changed.length - 1] = (changed.at(-1) as number) ^ 1;
    using lease = await reader.loadKeys([changed, genuine, changed]);
    expect(lease.failures.size).toBe(0);
    expect(reader.decryptSync(genuine).toString()).toBe('value');
    expect(await codeOf(() => reader.decryptSync(changed))).toBe('AUTH_FAILED');
    expect(kms.calls.unwrap).toBe(1);
  });

  it('is not cached while no value under it authenticates', async () => {
    const kms = new MemoryKms();
    const reader = await createEnvelope(kms, { generate: 'never', goFrames: 'read' });
    const wrapped = kms.wrap(dek, true);
    const garbage = Buffer.concat([Buffer.of(wrapped.length), wrapped, Buffer.alloc(40, 1)]);
    expect(await codeOf(reader.loadKeys([garbage, garbage]))).toBe('AUTH_FAILED');
    expect(await codeOf(reader.decrypt(garbage))).toBe('AUTH_FAILED');
    expect(reader.stats().cachedKeys).toBe(0);
    expect(await codeOf(() => reader.decryptSync(garbage))).toBe('KEY_NOT_LOADED');
  });

  it('is shared by waiters, and a changed value among them fails alone', async () => {
    const kms = new MemoryKms();
    const reader = await createEnvelope(kms, { generate: 'never', goFrames: 'read' });
    const genuine = goFrameUnder(dek, kms.wrap(dek, true));
    const changed = Buffer.from(genuine);
    changed[changed.length - 1] = (changed.at(-1) as number) ^ 1;
    const [first, second] = [codeOf(reader.decrypt(changed)), reader.decrypt(genuine)];
    expect(await first).toBe('AUTH_FAILED');
    expect((await second).toString()).toBe('value');
    expect(kms.calls.unwrap).toBe(1);
  });
});
