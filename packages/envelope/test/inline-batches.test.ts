import { randomBytes } from 'node:crypto';
import { decryptMany, encryptMany, loadKeys } from '@sqlcrypter/core';
import { DataKey } from '@sqlcrypter/core/provider';
import { afterEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { codeOf, errorOf } from './support/error-code.js';
import { fakeTime, HOUR, settle } from './support/fake-time.js';
import { FINGERPRINT_OFFSET, frameUnder, goFrameUnder } from './support/frames.js';
import { createStored, openTable } from './support/key-tables.js';
import { createEnvelope, MemoryKms } from './support/memory-kms.js';

const COUNT = 600;
const texts = Array.from({ length: COUNT }, (_, i) => Buffer.from(`value ${i}`));
const items = texts.map((plaintext) => ({ plaintext }));
const read = (ciphertexts: readonly Buffer[]) => ciphertexts.map((ciphertext) => ({ ciphertext }));

let opened: number;
let sealed: MockInstance<DataKey['sealMany']>;

/** Values that the batch engine sealed, and that it opened or refused. */
function engineUse(): { readonly sealed: number; readonly opened: number } {
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  return {
    sealed: sum(sealed.mock.calls.map((args) => args[2].length)),
    opened,
  };
}

function watchEngine(): void {
  opened = 0;
  const { openMany } = DataKey.prototype;
  vi.spyOn(DataKey.prototype, 'openMany').mockImplementation(function (this: DataKey, ...args) {
    opened += args[2].length;
    return openMany.apply(this, args);
  });
  sealed = vi.spyOn(DataKey.prototype, 'sealMany');
}

afterEach(() => vi.restoreAllMocks());

describe('a batch of values that carry their wrapped key', () => {
  it('is sealed and opened together', async () => {
    watchEngine();
    const crypterer = await createEnvelope(new MemoryKms());
    const ciphertexts = await encryptMany(items, { crypterer });
    expect(await decryptMany(read(ciphertexts), { crypterer })).toEqual(texts);
    expect(engineUse()).toEqual({ sealed: COUNT, opened: COUNT });
    expect(crypterer.stats().currentKey?.values).toBe(COUNT);
  });

  it('is opened together by a process that has to ask for its key first, by one call', async () => {
    const kms = new MemoryKms();
    const ciphertexts = await encryptMany(items, { crypterer: await createEnvelope(kms) });
    watchEngine();
    const reader = await createEnvelope(kms, { generate: 'never' });
    expect(await decryptMany(read(ciphertexts), { crypterer: reader })).toEqual(texts);
    expect(kms.calls.unwrap).toBe(1);
    expect(engineUse().opened).toBe(COUNT);
  });

  it('is opened, but for values whose fingerprint was changed', async () => {
    const crypterer = await createEnvelope(new MemoryKms());
    const ciphertexts = await encryptMany(items, { crypterer });
    const changed = ciphertexts.map((bytes, i) => {
      if (i >= 20) return bytes;
      const copy = Buffer.from(bytes);
      copy[FINGERPRINT_OFFSET] = (copy[FINGERPRINT_OFFSET] as number) ^ 1;
      return copy;
    });
    const results = await decryptMany(read(changed), { crypterer, onError: 'collect' });
    expect(results.slice(20)).toEqual(texts.slice(20));
    expect(new Set(results.slice(0, 20).map((result) => 'code' in result && result.code))).toEqual(
      new Set(['KEY_COMMITMENT']),
    );
  });

  it('is not sealed together as frames of the Go library, which are read one by one', async () => {
    watchEngine();
    const crypterer = await createEnvelope(new MemoryKms(), { goFrames: 'write' });
    const ciphertexts = await encryptMany(items, { crypterer });
    expect(await decryptMany(read(ciphertexts), { crypterer })).toEqual(texts);
    expect(engineUse()).toEqual({ sealed: 0, opened: 0 });
  });

  it('goes past no limit of its key: what has no room waits for the next', async () => {
    watchEngine();
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms, { dekLimits: { maxValues: 200 } });
    const ciphertexts = await encryptMany(items, { crypterer });
    expect(await decryptMany(read(ciphertexts), { crypterer })).toEqual(texts);
    expect(kms.calls.generate).toBeGreaterThan(1);
    expect(crypterer.stats().currentKey?.values).toBeLessThanOrEqual(400);
  });

  it('is refused where the process only reads', async () => {
    const crypterer = await createEnvelope(new MemoryKms(), { generate: 'never' });
    expect(await codeOf(encryptMany(items, { crypterer }))).toBe('UNSUPPORTED');
  });
});

describe('values that were loaded together', () => {
  it('are told apart where one of them was changed, whichever of them it is', async () => {
    const kms = new MemoryKms();
    const dek = randomBytes(32);
    const wrapped = kms.wrap(dek);
    const genuine = frameUnder(dek, wrapped, { provider: kms.provider });
    const forged = frameUnder(randomBytes(32), wrapped, { provider: kms.provider });
    for (const [list, bad] of [
      [[genuine, forged], 1],
      [[forged, genuine], 0],
    ] as const) {
      const crypterer = await createEnvelope(kms, { generate: 'never' });
      const { failures, dispose } = await loadKeys(list, { crypterer, onError: 'collect' });
      expect([...failures.keys()]).toEqual([bad]);
      expect(failures.get(bad)?.code).toBe('KEY_COMMITMENT');
      expect(crypterer.decryptSync(genuine).toString()).toBe('value');
      expect(await codeOf(() => crypterer.decryptSync(forged))).toBe('KEY_COMMITMENT');
      expect(await errorOf(loadKeys(list, { crypterer }))).toMatchObject({ code: 'KEY_COMMITMENT' });
      dispose();
    }
  });

  it('fail with the first failure in order', async () => {
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms, { generate: 'never' });
    const garbage = frameUnder(randomBytes(32), randomBytes(60), { provider: kms.provider });
    const foreign = frameUnder(randomBytes(32), randomBytes(60), { provider: 9 });
    expect(await codeOf(loadKeys([garbage, foreign], { crypterer }))).toBe('KMS_INVALID_BLOB');
    expect(await codeOf(loadKeys([foreign, garbage], { crypterer }))).toBe('FRAME_UNSUPPORTED');
  });

  it('ask for nothing once the signal has fired', async () => {
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms, { generate: 'never' });
    const controller = new AbortController();
    const values = Array.from({ length: 20 }, () => {
      const dek = randomBytes(32);
      return frameUnder(dek, kms.wrap(dek), { provider: kms.provider });
    });
    kms.before = async () => {
      controller.abort();
      await settle();
    };
    expect(await codeOf(loadKeys(values, { crypterer, signal: controller.signal }))).toBe('ABORTED');
    await settle();
    expect(kms.calls.unwrap).toBeLessThanOrEqual(8);
  });
});

describe('what a crypterer tells of itself', () => {
  it('is counted, and what is in memory now', async () => {
    fakeTime();
    const kms = new MemoryKms();
    const writer = await createEnvelope(kms);
    const value = await writer.encrypt(Buffer.from('four'));
    vi.advanceTimersByTime(5);
    expect(writer.stats()).toMatchObject({
      generateCalls: 1,
      unwrapCalls: 0,
      branchKeys: 0,
      cachedKeys: 1,
      currentKey: { values: 1, bytes: 4, age: 5 },
    });
    const reader = await createEnvelope(kms, { generate: 'never' });
    for (let time = 0; time < 3; time++) await reader.decrypt(value);
    expect(reader.stats()).toMatchObject({ generateCalls: 0, unwrapCalls: 1, cachedKeys: 1, currentKey: undefined });
    expect(reader.stats().events).toMatchObject({ hit: 2, miss: 1, renewed: 0 });
    expect(writer.stats().events).toMatchObject({ renewed: 1 });
  });

  it('is told for a key table, too', async () => {
    const { table } = openTable();
    const crypterer = await createStored(table);
    await crypterer.encrypt(Buffer.from('four'));
    await crypterer.encrypt(Buffer.from('four'), { scope: 'tenant' });
    const { currentKey, ...stats } = crypterer.stats();
    expect(stats).toMatchObject({ generateCalls: 1, branchKeys: 1 });
    expect(currentKey).toMatchObject({ values: 1, bytes: 4 });
    crypterer.forgetKeys();
    expect(crypterer.stats().branchKeys).toBe(0);
  });

  it('is nothing that it used to know once it is closed', async () => {
    const { table } = openTable();
    const crypterer = await createStored(table);
    await crypterer.encrypt(Buffer.from('value'));
    await crypterer.close();
    expect(crypterer.stats()).toMatchObject({ branchKeys: 0, cachedKeys: 0, cachedBytes: 0, currentKey: undefined });
    const inline = await createEnvelope(new MemoryKms());
    await inline.close();
    expect(inline.stats()).toMatchObject({ cachedKeys: 0, cachedBytes: 0, currentKey: undefined });
  });

  it('a key that was replaced is one like any other: asked for again when its time is over', async () => {
    fakeTime();
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms, { dekLimits: { maxAge: HOUR }, dekCache: { ttl: 2 * HOUR } });
    const value = crypterer.encryptSync(Buffer.from('value'));
    vi.advanceTimersByTime(2 * HOUR);
    await crypterer.encrypt(Buffer.from('value'));
    vi.advanceTimersByTime(2 * HOUR);
    crypterer.decryptSync(value);
    await settle();
    expect(kms.calls.unwrap).toBe(0);
    vi.advanceTimersByTime(1);
    crypterer.decryptSync(value);
    await settle();
    expect(kms.calls.unwrap).toBe(1);
    expect(crypterer.stats().events).toMatchObject({ stale: 1, refresh: 1 });
  });
});

it('a plaintext is copied, and the copy is zeroed, while its data key is fetched and once it is there', async () => {
  const crypterer = await createEnvelope(new MemoryKms(), { generate: 'first-use' });
  const copy = vi.spyOn(Buffer, 'allocUnsafeSlow');
  const value = await crypterer.encrypt(Buffer.from('value'));
  await crypterer.encrypt(Buffer.from('other'));
  const copies = copy.mock.results.map(({ value: bytes }) => bytes as Buffer).filter(({ length }) => length === 5);
  expect(copies).toEqual([Buffer.alloc(5), Buffer.alloc(5)]);
  expect(crypterer.decryptSync(value).toString()).toBe('value');
});

it('a changed Go frame is known for what it is, and a genuine one under the same key is read', async () => {
  const kms = new MemoryKms();
  const crypterer = await createEnvelope(kms, { generate: 'never', goFrames: 'read' });
  const dek = randomBytes(32);
  const wrapped = kms.wrap(dek, true);
  const genuine = goFrameUnder(dek, wrapped);
  const changed = Buffer.from(genuine);
  changed[changed.length - 1] = (changed.at(-1) as number) ^ 1;
  expect(await codeOf(crypterer.decrypt(changed))).toBe('AUTH_FAILED');
  expect(await codeOf(crypterer.decrypt(changed))).toBe('AUTH_FAILED');
  expect(kms.calls.unwrap).toBe(1);
  expect((await crypterer.decrypt(genuine)).toString()).toBe('value');
  expect(kms.calls.unwrap).toBe(2);
  expect(crypterer.stats().events.negative).toBe(1);
});
