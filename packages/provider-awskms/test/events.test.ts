import { channel, subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { SqlcrypterError } from '@sqlcrypter/core';
import { describe, expect, it, vi } from 'vitest';
import type { DekMessage, KmsMessage } from '../src/index.js';
import { codeOf } from './support/error-code.js';
import { fakeTime, HOUR, settle } from './support/fake-time.js';
import { FINGERPRINT_OFFSET, garbageFrame } from './support/frames.js';
import { beDown, createEnvelope, MemoryKms } from './support/memory-kms.js';
import { whenTestEnds } from './support/when-test-ends.js';

const value = Buffer.from('value');

function listen(): DekMessage[] {
  const messages: DekMessage[] = [];
  const take = (message: unknown) => void messages.push(message as DekMessage);
  subscribe('sqlcrypter:dek', take);
  whenTestEnds(() => unsubscribe('sqlcrypter:dek', take));
  return messages;
}

type Traced = KmsMessage & { readonly error?: unknown; readonly result?: unknown };

function trace(): (readonly [step: string, message: Traced])[] {
  const steps: (readonly [string, Traced])[] = [];
  const kms = tracingChannel<KmsMessage>('sqlcrypter:kms');
  const listeners = Object.fromEntries(
    ['start', 'end', 'asyncStart', 'asyncEnd', 'error'].map((step) => [
      step,
      (message: unknown) => void steps.push([step, { ...(message as Traced) }]),
    ]),
  ) as unknown as Parameters<typeof kms.subscribe>[0];
  kms.subscribe(listeners);
  whenTestEnds(() => kms.unsubscribe(listeners));
  return steps;
}

describe('the channel sqlcrypter:dek', () => {
  it('tells what happens to data keys, and stats() counts the same', async () => {
    fakeTime();
    const kms = new MemoryKms();
    const messages = listen();
    const writer = await createEnvelope(kms);
    const [first, second] = [await writer.encrypt(value), await (await createEnvelope(kms)).encrypt(value)];
    messages.length = 0;

    const reader = await createEnvelope(kms, {
      dekLimits: { maxValues: 1 },
      decryptRateLimit: { rps: 1, burst: 3 },
    });
    const told = async (work: () => unknown) => {
      messages.length = 0;
      await work();
      await settle();
      for (const { scheme } of messages) expect(scheme).toBe('memory');
      return messages.map(({ event }) => event);
    };
    const garbage = garbageFrame(Buffer.alloc(60), kms.provider);
    expect(await told(() => reader.decrypt(first))).toEqual(['miss']);
    expect(await told(() => reader.decrypt(first))).toEqual(['hit']);
    expect(await told(() => reader.decryptSync(first))).toEqual(['hit']);
    expect(await told(() => codeOf(() => reader.decryptSync(second)))).toEqual([]);
    expect(await told(() => codeOf(reader.decrypt(garbage)))).toEqual(['miss']);
    expect(await told(() => codeOf(reader.decrypt(garbage)))).toEqual(['miss', 'negative']);
    expect(await told(() => codeOf(() => reader.decryptSync(garbage)))).toEqual(['negative']);
    expect(await told(() => reader.loadKeys([first, second, second]))).toEqual(['hit', 'miss']);
    expect(await told(() => codeOf(reader.decrypt(garbageFrame(Buffer.alloc(61), kms.provider))))).toEqual([
      'miss',
      'rate-limited',
    ]);
    expect(await told(() => [reader.encryptSync(value), reader.encryptSync(value)])).toEqual(['renewed']);
    vi.advanceTimersByTime(2 * HOUR);
    expect(await told(() => reader.decryptSync(first))).toEqual(['stale', 'hit', 'refresh']);
    vi.advanceTimersByTime(2 * HOUR);
    kms.before = () => {
      throw new SqlcrypterError('KEY_DISABLED', 'Off.');
    };
    expect(await told(() => reader.decryptSync(first))).toEqual(['stale', 'hit', 'evicted']);

    expect(reader.stats()).toEqual({
      branchKeys: 0,
      generateCalls: 2,
      unwrapCalls: 5,
      events: {
        hit: 5,
        'look-up': 0,
        miss: 5,
        negative: 2,
        'rate-limited': 1,
        renewed: 2,
        stale: 2,
        refresh: 1,
        evicted: 1,
        lost: 0,
      },
      cachedKeys: 3,
      cachedBytes: 3 * (60 + 32),
      currentKey: { values: 0, bytes: 0, age: 4 * HOUR },
    });
  });

  it('tells of a wrapped key that came with a wrong fingerprint', async () => {
    const kms = new MemoryKms();
    const forged = Buffer.from(await (await createEnvelope(kms)).encrypt(value));
    forged[FINGERPRINT_OFFSET] = (forged[FINGERPRINT_OFFSET] as number) ^ 1;
    const reader = await createEnvelope(kms, { generate: 'never' });
    const messages = listen();
    await codeOf(reader.decrypt(forged));
    await codeOf(reader.decrypt(forged));
    expect(messages.map(({ event }) => event)).toEqual(['miss', 'miss', 'negative']);
  });

  it('has no subscribers here unless somebody subscribes, and counting goes on', async () => {
    expect(channel('sqlcrypter:dek').hasSubscribers).toBe(false);
    const crypterer = await createEnvelope(new MemoryKms());
    await crypterer.decrypt(await crypterer.encrypt(value));
    expect(crypterer.stats().events).toMatchObject({ renewed: 1, hit: 1, miss: 0 });
  });
});

describe('the tracing channel sqlcrypter:kms', () => {
  it('tells start and end of each call, and nothing of its result', async () => {
    const steps = trace();
    const kms = new MemoryKms();
    const crypterer = await createEnvelope(kms);
    const ciphertext = await crypterer.encrypt(value);
    crypterer.forgetKeys();
    await crypterer.decrypt(ciphertext);
    const generate = { operation: 'generate', scheme: 'memory', attempt: 0 };
    const unwrap = { operation: 'unwrap', scheme: 'memory', attempt: 0 };
    const answered = { result: undefined };
    expect(steps).toEqual([
      ['start', generate],
      ['end', generate],
      ['asyncStart', { ...generate, ...answered }],
      ['asyncEnd', { ...generate, ...answered }],
      ['start', unwrap],
      ['end', unwrap],
      ['asyncStart', { ...unwrap, ...answered }],
      ['asyncEnd', { ...unwrap, ...answered }],
    ]);
  });

  it('tells the error of each attempt, with its code, and which service it was', async () => {
    const steps = trace();
    const kms = new MemoryKms();
    kms.before = beDown;
    await createEnvelope(kms, { fallback: [new MemoryKms()] });
    const failed = steps.filter(([step]) => step === 'error').map(([, message]) => message);
    expect(failed).toMatchObject([{ operation: 'generate', attempt: 0, error: { code: 'KMS_UNAVAILABLE' } }]);
    expect(steps.filter(([step]) => step === 'asyncEnd').map(([, { attempt }]) => attempt)).toEqual([0, 1]);
  });
});
