import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { codeOf, errorOf, outcomeOf } from './support/error-code.js';
import { settle } from './support/fake-time.js';
import { frameUnder } from './support/frames.js';
import { createStored, openTable } from './support/key-tables.js';
import { createEnvelope, MemoryKms } from './support/memory-kms.js';

/** A value whose wrapped key no KMS made. */
const forgedValue = () => frameUnder(randomBytes(32), randomBytes(60), { provider: 200 });

/** A KMS that answers when it is told to, and a reader with nothing in memory. */
async function heldKms() {
  const kms = new MemoryKms();
  const genuine = await (await createEnvelope(kms)).encrypt(Buffer.from('value'));
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  kms.before = () => gate;
  const reader = await createEnvelope(kms, { generate: 'never', requestTimeout: 60_000 });
  return { kms, genuine, reader, release };
}

describe('unwraps that wait for their turn', () => {
  it('leave the queue when their signal fires, and the KMS is not called for them', async () => {
    const { kms, genuine, reader, release } = await heldKms();
    const { signal, abort } = abortable();
    const forged = Array.from({ length: 1_000 }, () => codeOf(reader.decrypt(forgedValue(), { signal })));
    const read = reader.decrypt(genuine);
    await settle();
    abort();
    expect(new Set(await Promise.all(forged))).toEqual(new Set(['ABORTED']));
    release();
    expect(String(await read)).toBe('value');
    await settle();
    expect(kms.calls.unwrap).toBe(8 + 1);
  });

  it('leave it when loadKeys is aborted', async () => {
    const { kms, genuine, reader, release } = await heldKms();
    const { signal, abort } = abortable();
    const others = Array.from({ length: 8 }, () => outcomeOf(reader.decrypt(forgedValue())));
    const loading = codeOf(reader.loadKeys(Array.from({ length: 100 }, forgedValue), { signal }));
    const read = reader.decrypt(genuine);
    await settle();
    abort();
    expect(await loading).toBe('ABORTED');
    release();
    expect(String(await read)).toBe('value');
    await Promise.all(others);
    await settle();
    expect(kms.calls.unwrap).toBe(8 + 1);
  });

  it('leave it when nobody waits any more for a value under a key table, whose branch key they are for', async () => {
    const { table } = openTable();
    const kms = new MemoryKms();
    const value = await (await createStored(table, kms)).encrypt(Buffer.from('value'));
    let release: () => void = () => undefined;
    kms.before = () =>
      new Promise<void>((resolve) => {
        const before = release;
        release = () => {
          before();
          resolve();
        };
      });
    const reader = await createStored(table, kms, { generate: 'never', requestTimeout: 60_000 });
    const callsBefore = kms.calls.unwrap;
    const busy = Array.from({ length: 8 }, () => outcomeOf(reader.decrypt(forgedValue())));
    const [first, second] = [abortable(), abortable()];
    const given = [first, second].map(({ signal }) => codeOf(reader.decrypt(value, { signal })));
    await settle();
    first.abort();
    second.abort();
    expect(await Promise.all(given)).toEqual(['ABORTED', 'ABORTED']);
    kms.before = () => undefined;
    release();
    await Promise.all(busy);
    await settle();
    expect(kms.calls.unwrap - callsBefore).toBe(8);
    expect(String(await reader.decrypt(value))).toBe('value');
    expect(kms.calls.unwrap - callsBefore).toBe(9);
  });

  it('stay as long as one of several callers waits, and all of those who do are served', async () => {
    const { kms, genuine, reader, release } = await heldKms();
    const busy = Array.from({ length: 8 }, () => outcomeOf(reader.decrypt(forgedValue())));
    const { signal, abort } = abortable();
    const given = codeOf(reader.decrypt(genuine, { signal }));
    const kept = reader.decrypt(genuine);
    await settle();
    abort();
    expect(await given).toBe('ABORTED');
    release();
    expect(String(await kept)).toBe('value');
    await Promise.all(busy);
    expect(kms.calls.unwrap).toBe(8 + 1);
  });

  it('are begun anew for who comes after all others have gone, at whatever moment', async () => {
    const { genuine, reader, release } = await heldKms();
    const busy = Array.from({ length: 8 }, () => outcomeOf(reader.decrypt(forgedValue())));
    const { signal, abort } = abortable();
    const given = codeOf(reader.decrypt(genuine, { signal }));
    await settle();
    abort();
    const reads: Promise<Buffer>[] = [];
    for (let step = 0; step < 20; step++) {
      reads.push(reader.decrypt(genuine));
      await Promise.resolve();
    }
    release();
    expect(await given).toBe('ABORTED');
    for (const read of reads) expect(String(await read)).toBe('value');
    await Promise.all(busy);
  });

  it('whose caller gives up after they began are kept for the next reader', async () => {
    const { kms, genuine, reader, release } = await heldKms();
    const { signal, abort } = abortable();
    const given = codeOf(reader.decrypt(genuine, { signal }));
    await settle();
    abort();
    expect(await given).toBe('ABORTED');
    const read = reader.decrypt(genuine);
    release();
    expect(String(await read)).toBe('value');
    expect(kms.calls.unwrap).toBe(1);
  });

  it('under one signal need no more than one listener on it', async () => {
    const { reader, release } = await heldKms();
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    const { signal } = abortable();
    const reads = Array.from({ length: 100 }, () => outcomeOf(reader.decrypt(forgedValue(), { signal })));
    await settle();
    release();
    await Promise.all(reads);
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });

  it('are bounded: where there are too many the oldest ends in a retryable error, and is not known as bad', async () => {
    const { kms, genuine, reader, release } = await heldKms();
    const busy = Array.from({ length: 8 }, () => outcomeOf(reader.decrypt(forgedValue())));
    const oldest = errorOf(reader.decrypt(genuine));
    const waiting = Array.from({ length: 4_096 }, () => outcomeOf(reader.decrypt(forgedValue())));
    const error = await oldest;
    expect(error).toMatchObject({ code: 'KMS_RATE_LIMITED', retryable: true });
    expect(error.message).toContain('4096');
    release();
    expect(String(await reader.decrypt(genuine))).toBe('value');
    await Promise.all([...busy, ...waiting]);
    expect(kms.mostAtOnce.unwrap).toBe(8);
  });
});

describe('a genuine cold read is served in its time', () => {
  /** A KMS that takes ten milliseconds for each call. */
  async function slowKms() {
    const kms = new MemoryKms();
    const genuine = await (await createEnvelope(kms)).encrypt(Buffer.from('value'));
    kms.before = () => new Promise((resolve) => setTimeout(resolve, 10));
    return { kms, genuine, reader: await createEnvelope(kms, { generate: 'never' }) };
  }

  it('behind a thousand forged ones', async () => {
    const { kms, genuine, reader } = await slowKms();
    const forged = Array.from({ length: 1_000 }, () => outcomeOf(reader.decrypt(forgedValue())));
    expect(String(await reader.decrypt(genuine))).toBe('value');
    expect(kms.calls.unwrap).toBeLessThan(30);
    await Promise.all(forged);
    expect(kms.calls.unwrap).toBe(1_001);
  });

  it('behind a batch of a thousand forged ones', async () => {
    const { kms, genuine, reader } = await slowKms();
    const loading = reader.loadKeys(Array.from({ length: 1_000 }, forgedValue), { onError: 'collect' });
    await settle();
    expect(String(await reader.decrypt(genuine))).toBe('value');
    expect(kms.calls.unwrap).toBeLessThan(40);
    expect((await loading).failures.size).toBe(1_000);
  });

  it('before a stream of forged ones that keep coming', async () => {
    const { kms, genuine, reader } = await slowKms();
    const forged = Array.from({ length: 100 }, () => outcomeOf(reader.decrypt(forgedValue())));
    let isServed = false;
    const read = reader.decrypt(genuine).finally(() => {
      isServed = true;
    });
    while (!isServed) {
      for (let i = 0; i < 8; i++) forged.push(outcomeOf(reader.decrypt(forgedValue())));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(String(await read)).toBe('value');
    expect(kms.calls.unwrap).toBeLessThan(300);
    await Promise.all(forged);
  });
});

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
