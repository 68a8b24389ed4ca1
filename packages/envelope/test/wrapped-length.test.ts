import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createEnvelopeCrypterer, rewrap } from '../src/index.js';
import { codeOf, errorOf, outcomeOf } from './support/error-code.js';
import { createStored, openTable } from './support/key-tables.js';
import { createEnvelope, MemoryKms } from './support/memory-kms.js';

const text = Buffer.from('999-00-1234');

/** A KMS that wraps into any number of bytes, and remembers what it wrapped. */
class LongKms extends MemoryKms {
  readonly #known = new Map<string, Buffer>();
  length = 60;

  override wrap(plaintext: Uint8Array): Buffer {
    const wrapped = randomBytes(this.length);
    this.#known.set(digestOf(wrapped), Buffer.from(plaintext));
    return wrapped;
  }

  override async unwrapDataKey(wrapped: Uint8Array) {
    return { plaintext: Buffer.from(this.#known.get(digestOf(wrapped)) ?? []), keyId: this.keyId };
  }
}

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('what is written can be read by another process, or is CONFIG before it is written: a wrapped key of', () => {
  it.each([
    [1, 'ok'],
    [255, 'ok'],
    [6_144, 'ok'],
    [65_535, 'ok'],
    [0, 'CONFIG'],
    [65_536, 'CONFIG'],
  ])('%i bytes in a value is %s', async (length, outcome) => {
    const kms = Object.assign(new LongKms(), { length });
    const writer = await createEnvelope(kms, { generate: 'first-use' });
    expect(await outcomeOf(writer.encrypt(text))).toBe(outcome);
    if (outcome !== 'ok') return;
    const reader = await createEnvelope(kms, { generate: 'never' });
    expect(await reader.decrypt(await writer.encrypt(text))).toEqual(text);
  });

  it.each([
    [1, 'ok'],
    [255, 'ok'],
    [0, 'CONFIG'],
    [256, 'CONFIG'],
  ])('%i bytes in a value of the Go library is %s', async (length, outcome) => {
    const kms = Object.assign(new LongKms(), { length });
    const writer = await createEnvelope(kms, { generate: 'first-use', goFrames: 'write' });
    expect(await outcomeOf(writer.encrypt(text))).toBe(outcome);
    if (outcome !== 'ok') return;
    const reader = await createEnvelope(kms, { generate: 'never', goFrames: 'read' });
    expect(await reader.decrypt(await writer.encrypt(text))).toEqual(text);
  });

  it.each([
    [1, 'ok'],
    [6_144, 'ok'],
    [0, 'CONFIG'],
    [6_145, 'CONFIG'],
  ])('%i bytes in a key table is %s', async (length, outcome) => {
    const { table, rows } = openTable();
    const kms = Object.assign(new LongKms(), { length });
    const writer = await createStored(table, kms, { generate: 'first-use' });
    expect(await outcomeOf(writer.encrypt(text))).toBe(outcome);
    if (outcome !== 'ok') return expect(rows('SELECT * FROM sqlcrypter_keys')).toEqual([]);
    const reader = await createStored(table, kms, { generate: 'never' });
    expect(await reader.decrypt(await writer.encrypt(text))).toEqual(text);
  });
});

describe('a wrapped key that is too long', () => {
  it('by one of several key services stores nothing', async () => {
    const { table, rows } = openTable();
    const other = Object.assign(new LongKms(), { length: 6_145, provider: 201 });
    expect(await codeOf(createStored(table, new MemoryKms(), { otherKeyServices: [other] }))).toBe('CONFIG');
    expect(rows('SELECT * FROM sqlcrypter_keys')).toEqual([]);
  });

  it.each([false, true])(
    'is not what a key is rewrapped into (inside the KMS: %s), and its old wrap stays',
    async (inside) => {
      const { table, rows } = openTable();
      const kms = new MemoryKms();
      const value = await (await createStored(table, kms)).encrypt(text);
      const to = Object.assign(new LongKms(), { length: 6_145, keyId: 'to' });
      if (inside) Object.assign(to, { rewrapDataKey: async () => ({ wrapped: randomBytes(6_145), keyId: 'to' }) });
      const error = await errorOf(rewrap({ store: table, from: [kms], to, removeOthers: true }));
      expect(error).toMatchObject({ code: 'CONFIG', keyRef: 'to' });
      expect(error.message).toContain('6145');
      expect(rows('SELECT DISTINCT kek FROM sqlcrypter_key_wraps WHERE provider <> 0')).toEqual([{ kek: 'memory' }]);
      expect(await (await createStored(table, kms, { generate: 'never' })).decrypt(value)).toEqual(text);
    },
  );

  it('is asked for once, not with each value', async () => {
    const kms = Object.assign(new LongKms(), { length: 65_536 });
    const writer = await createEnvelope(kms, { generate: 'first-use' });
    for (let i = 0; i < 10; i++) expect(await codeOf(writer.encrypt(text))).toBe('CONFIG');
    expect(kms.calls.generate).toBe(1);
    expect(await codeOf(createEnvelopeCrypterer(kms))).toBe('CONFIG');
  });
});
