import { SqlcrypterError } from '@sqlcrypter/core';
import type { LocalKms } from '@sqlcrypter/local-kms';
import { describe, expect, it, vi } from 'vitest';
import type { KmsClient } from '../src/index.js';
import { codeOf, errorOf } from './support/error-code.js';
import { fakeClocks, HOUR, settle } from './support/fake-time.js';
import { clientOf, createCrypterer, startKms } from './support/local-kms.js';
import { beDown, createEnvelope, MemoryKms } from './support/memory-kms.js';

const REPLICA_REGION = 'us-east-1';
const value = Buffer.from('value');

/** A client whose Region can go down: then it asks where nobody listens. */
function clientOfRegion(kms: LocalKms, region: string): KmsClient & { down: boolean } {
  const up = clientOf(kms, { region });
  const down = clientOf({ endpoint: 'http://127.0.0.1:1', region });
  return {
    down: false,
    send(command: Parameters<typeof up.send>[0], options: object) {
      return (this.down ? down : up).send(command, options);
    },
  };
}

/** A multi-Region key with a replica, and a client for each Region. */
async function twoRegions() {
  const kms = await startKms();
  const primaryArn = kms.createKey({ multiRegion: true });
  const replicaArn = kms.replicateKey(primaryArn, REPLICA_REGION);
  const primary = clientOfRegion(kms, kms.region);
  const replica = clientOfRegion(kms, REPLICA_REGION);
  const options = { client: primary, keyId: primaryArn, fallback: [{ client: replica, keyId: replicaArn }] };
  const regions = () => kms.calls.map(({ operation, region }) => `${operation} ${region}`);
  return { kms, primary, replica, options, regions };
}

describe('while a Region is down', () => {
  it('the fallback makes and unwraps data keys, which every Region reads', async () => {
    const { kms, primary, options, regions } = await twoRegions();
    const before = await (await createCrypterer(kms, options)).encrypt(value);
    kms.clearCalls();
    primary.down = true;
    const crypterer = await createCrypterer(kms, options);
    expect(await crypterer.decrypt(before)).toEqual(value);
    const during = await crypterer.encrypt(value);
    expect(regions()).toEqual([`GenerateDataKey ${REPLICA_REGION}`, `Decrypt ${REPLICA_REGION}`]);

    primary.down = false;
    kms.clearCalls();
    const after = await createCrypterer(kms, options);
    expect(await after.decrypt(during)).toEqual(value);
    expect(regions()).toEqual([`GenerateDataKey ${kms.region}`, `Decrypt ${kms.region}`]);
  });

  it('values under an earlier key of that Region alone stay readable while they are in memory', async () => {
    const { kms, primary, options } = await twoRegions();
    const earlier = kms.createKey();
    const old = await (await createCrypterer(kms, { keyId: earlier })).encrypt(value);
    const crypterer = await createCrypterer(kms, { ...options, decryptKeyArns: [earlier] });
    await crypterer.decrypt(old);
    primary.down = true;
    fakeClocks();
    vi.advanceTimersByTime(2 * HOUR);
    expect(crypterer.decryptSync(old)).toEqual(value);
    // The replica's Region answers that it does not know the key: that is not the word on it.
    while (kms.calls.every(({ error }) => error !== 'AccessDeniedException')) await settle();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(crypterer.decryptSync(old)).toEqual(value);
    expect(crypterer.stats().events.evicted).toBe(0);
    crypterer.forgetKeys();
    const error = await errorOf(crypterer.decrypt(old));
    expect(error).toMatchObject({ code: 'KMS_UNAVAILABLE', retryable: true });
    expect(error.message).toContain('KMS_DENIED');
    primary.down = false;
    expect(await crypterer.decrypt(old)).toEqual(value);
  });

  it('and the fallback is, too, the error is that of the first, and tells of the second', async () => {
    const { kms, primary, replica, options } = await twoRegions();
    primary.down = true;
    replica.down = true;
    const error = await errorOf(createCrypterer(kms, options));
    expect(error.code).toBe('KMS_UNAVAILABLE');
    expect(error.message).toContain('fallback');
  });
});

describe('fallbacks', () => {
  it('are asked in order until one answers', async () => {
    const [primary, first, second, third] = Array.from({ length: 4 }, () => new MemoryKms()) as [
      MemoryKms,
      MemoryKms,
      MemoryKms,
      MemoryKms,
    ];
    primary.before = beDown;
    first.before = () => {
      throw new SqlcrypterError('KMS_DENIED', 'No.');
    };
    const crypterer = await createEnvelope(primary, { fallback: [first, second, third] });
    expect([primary, first, second, third].map(({ calls }) => calls.generate)).toEqual([1, 1, 1, 0]);
    expect(crypterer.stats().generateCalls).toBe(1);
  });

  it.each([
    'KMS_DENIED',
    'KMS_THROTTLED',
    'KMS_WRONG_KEY',
    'KMS_INVALID_BLOB',
    'KEY_DISABLED',
    'KEY_NOT_FOUND',
    'CONFIG',
  ] as const)('are not asked where the first answers %s', async (code) => {
    const primary = new MemoryKms();
    const fallback = new MemoryKms();
    primary.before = () => {
      throw new SqlcrypterError(code, 'As told.');
    };
    const crypterer = await createEnvelope(primary, { generate: 'first-use', fallback: [fallback] });
    expect(await codeOf(crypterer.encrypt(value))).toBe(code);
    expect(fallback.calls.generate).toBe(0);
  });

  it('that answer nothing good do not make a value known as bad', async () => {
    const primary = new MemoryKms();
    const fallback = new MemoryKms();
    const ciphertext = await (await createEnvelope(primary)).encrypt(value);
    const reader = await createEnvelope(primary, { generate: 'never', fallback: [fallback] });
    primary.before = beDown;
    expect(await codeOf(reader.decrypt(ciphertext))).toBe('KMS_UNAVAILABLE');
    expect(fallback.calls.unwrap).toBe(1);
    primary.before = () => undefined;
    expect(await reader.decrypt(ciphertext)).toEqual(value);
  });
});
