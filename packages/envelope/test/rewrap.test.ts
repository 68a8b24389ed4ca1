import { createAesKeyService, generateKey } from '@sqlcrypter/aes';
import type { KeyRecord } from '@sqlcrypter/core/provider';
import { describe, expect, it } from 'vitest';
import { createEnvelopeCrypterer, rewrap } from '../src/index.js';
import { codeOf } from './support/error-code.js';
import { createStored, openTable } from './support/key-tables.js';
import { beDown, MemoryKms, OtherKms } from './support/memory-kms.js';

const text = Buffer.from('999-00-1234');

const closed = { close: async () => undefined };

async function someValues() {
  const counted = openTable();
  const old = Object.assign(new MemoryKms(), closed);
  const writer = await createStored(counted.table, old);
  const values = [await writer.encrypt(text), await writer.encrypt(text, { scope: 'a' })];
  const wraps = () => counted.rows('SELECT kek FROM sqlcrypter_key_wraps WHERE provider <> 0').map(({ kek }) => kek);
  return { ...counted, old, writer, values, wraps };
}

describe('rewrap', () => {
  it('moves every wrap to another provider; data and data keys stay as they are', async () => {
    const { table, old, values, wraps, rows } = await someValues();
    const dataWraps = rows('SELECT * FROM sqlcrypter_key_wraps WHERE provider = 0');
    const to = new OtherKms();
    expect(await rewrap({ store: table, from: [old], to, removeOthers: true })).toEqual({
      keys: 1,
      rewrapped: 1,
      removed: 1,
    });
    expect(wraps()).toEqual(['other']);
    expect(rows('SELECT * FROM sqlcrypter_key_wraps WHERE provider = 0')).toEqual(dataWraps);
    const reader = await createStored(table, to);
    for (const value of values) expect(await reader.decrypt(value)).toEqual(text);
    expect((await reader.encrypt(text)).subarray(4, 20)).toEqual((values[0] as Buffer).subarray(4, 20));
    expect(await codeOf(createStored(table, new MemoryKms()))).toBe('KEY_NOT_FOUND');
  });

  it('goes on where it was cut off, and does nothing when there is nothing to do', async () => {
    const { table, old } = await someValues();
    const to = new OtherKms();
    const signal = AbortSignal.abort();
    expect(await codeOf(rewrap({ store: table, from: [old], to, signal }))).toBe('ABORTED');
    expect(await rewrap({ store: table, from: [old], to })).toEqual({ keys: 1, rewrapped: 1, removed: 0 });
    expect(await rewrap({ store: table, from: [old], to })).toEqual({ keys: 1, rewrapped: 0, removed: 0 });
    expect(await rewrap({ store: table, to, removeOthers: true })).toEqual({ keys: 1, rewrapped: 0, removed: 1 });
  });

  it('lets processes under the old key and under the new one run side by side', async () => {
    const { table, old, writer, values } = await someValues();
    const to = new OtherKms();
    await rewrap({ store: table, from: [old], to });
    const next = await createStored(table, to);
    const value = await next.encrypt(text, { scope: 'a' });
    expect(await writer.decrypt(value)).toEqual(text);
    expect(await (await createStored(table, old)).decrypt(values[1] as Buffer)).toEqual(text);
  });

  it('keeps the old wrap where the new one does not open, or opens to something else', async () => {
    const { table, old, wraps } = await someValues();
    const broken = new OtherKms();
    broken.unwrapDataKey = async () => ({ plaintext: Buffer.alloc(32, 1), keyId: 'other' });
    expect(await codeOf(rewrap({ store: table, from: [old], to: broken, removeOthers: true }))).toBe('KEY_COMMITMENT');
    const down = new OtherKms();
    down.before = beDown;
    expect(await codeOf(rewrap({ store: table, from: [old], to: down, removeOthers: true }))).toBe('KMS_UNAVAILABLE');
    expect(wraps()).toEqual(['memory']);
  });

  it('does not wrap a key that is not the one of its row', async () => {
    const { table, old, wraps } = await someValues();
    old.unwrapDataKey = async () => ({ plaintext: Buffer.alloc(32, 1), keyId: 'memory' });
    expect(await codeOf(rewrap({ store: table, from: [old], to: new OtherKms() }))).toBe('KEY_COMMITMENT');
    expect(wraps()).toEqual(['memory']);
  });

  it.each([
    ['no store', { to: new OtherKms() }],
    ['a service that cannot wrap', { store: openTableStub(), to: { ...new OtherKms(), wrapDataKey: undefined } }],
    ['an unknown option', { store: openTableStub(), to: new OtherKms(), batch: 5 }],
  ])('refuses %s', async (_, options) => {
    expect(await codeOf(rewrap(options as never))).toBe('CONFIG');
  });
});

function openTableStub() {
  return { list: async () => [] as KeyRecord[] };
}

describe('several wraps of one key', () => {
  it('are made by every key service there is, and any one of them opens it', async () => {
    const { table, rows } = openTable();
    const [first, second] = [Object.assign(new MemoryKms(), closed), Object.assign(new OtherKms(), closed)];
    const writer = await createStored(table, first, { otherKeyServices: [second] });
    const value = await writer.encrypt(text);
    expect(rows('SELECT provider FROM sqlcrypter_key_wraps ORDER BY provider')).toEqual([
      { provider: 0 },
      { provider: 200 },
      { provider: 201 },
    ]);
    expect(await (await createStored(table, second)).decrypt(value)).toEqual(text);
    first.before = beDown;
    const reader = await createStored(table, first, { otherKeyServices: [second], generate: 'never' });
    expect(await reader.decrypt(value)).toEqual(text);
  });

  it('are all made or none: a key is not stored with fewer', async () => {
    const { table, rows } = openTable();
    const second = new OtherKms();
    second.before = beDown;
    expect(await codeOf(createStored(table, new MemoryKms(), { otherKeyServices: [second] }))).toBe('KMS_UNAVAILABLE');
    expect(rows('SELECT * FROM sqlcrypter_keys')).toEqual([]);
  });
});

describe('a local key in the place of the KMS', () => {
  it('wraps the branch key, is rotated by rewrap, and opens no row that was changed', async () => {
    const { table, exec, rows } = openTable();
    const [key, next] = [generateKey(), generateKey()];
    const writer = await createEnvelopeCrypterer(createAesKeyService({ key }), { store: table });
    const value = await writer.encrypt(text);
    await writer.close();
    expect(rows('SELECT provider, length(wrapped) AS length FROM sqlcrypter_key_wraps ORDER BY provider')).toEqual([
      { provider: 0, length: 92 },
      { provider: 1, length: 80 },
    ]);
    const to = createAesKeyService({ key: next, decryptKeys: [key] });
    expect(await rewrap({ store: table, to, removeOthers: true })).toEqual({ keys: 1, rewrapped: 1, removed: 1 });
    const reader = await createEnvelopeCrypterer(createAesKeyService({ key: next }), { store: table });
    expect(await reader.decrypt(value)).toEqual(text);
    await reader.close();
    expect(await codeOf(createEnvelopeCrypterer(createAesKeyService({ key }), { store: table }))).toBe('KEY_NOT_FOUND');
    exec('UPDATE sqlcrypter_keys SET created = created + 1');
    expect(await codeOf(createEnvelopeCrypterer(createAesKeyService({ key: next }), { store: table }))).toBe(
      'KMS_INVALID_BLOB',
    );
  });
});

describe('values that carry their wrapped key', () => {
  it('are read beside a key table, and refused once that is asked for', async () => {
    const { table } = openTable();
    const kms = Object.assign(new MemoryKms(), closed);
    const before = await createEnvelopeCrypterer(kms);
    const inline = await before.encrypt(text);
    await before.close();
    const during = await createStored(table, kms);
    expect(await during.decrypt(inline)).toEqual(text);
    expect(await during.decrypt(await during.encrypt(await during.decrypt(inline)))).toEqual(text);
    const after = await createStored(table, kms, { inline: 'deny' });
    expect(await codeOf(after.decrypt(inline))).toBe('FRAME_UNSUPPORTED');
    expect(await codeOf(() => after.decryptSync(inline))).toBe('FRAME_UNSUPPORTED');
  });

  it('are still written during a roll-out, by processes that read both', async () => {
    const { table } = openTable();
    const kms = Object.assign(new MemoryKms(), closed);
    const stored = await (await createStored(table, kms)).encrypt(text);
    const first = await createStored(table, kms, { inline: 'write' });
    const inline = first.encryptSync(text);
    expect(inline.length - text.length).toBeGreaterThan(60);
    expect(await first.decrypt(stored)).toEqual(text);
    expect(await codeOf(first.encrypt(text, { scope: 'a' }))).toBe('UNSUPPORTED');
    const before = await createEnvelopeCrypterer(kms);
    expect(await before.decrypt(inline)).toEqual(text);
    await before.close();
  });

  it('are all that a crypterer without a key table reads', async () => {
    const { table } = openTable();
    const kms = Object.assign(new MemoryKms(), closed);
    const value = await (await createStored(table, kms)).encrypt(text);
    const without = await createEnvelopeCrypterer(kms);
    expect(await codeOf(without.decrypt(value))).toBe('KEY_NOT_FOUND');
    expect(await codeOf(without.encrypt(text, { scope: 'a' }))).toBe('UNSUPPORTED');
    expect(await codeOf(without.checkRevocations())).toBe('UNSUPPORTED');
    await without.close();
  });
});

describe('the options of a key table', () => {
  const store = openTableStub();
  it.each([
    ['a store that is none', { store: {} }],
    ['store options without a store', { inline: 'deny' }],
    ['other key services without a store', { otherKeyServices: [] }],
    ['an unknown way with inline values', { store, inline: 'never' }],
    ['a grace of nothing', { store, storedKeys: { grace: 0 } }],
    ['an unknown option for stored keys', { store, storedKeys: { ttl: 5 } }],
  ])('refuses %s', async (_, options) => {
    expect(await codeOf(createEnvelopeCrypterer(new MemoryKms(), options as never))).toBe('CONFIG');
  });

  it('refuses short nonces, Go frames to write, and key services that cannot wrap', async () => {
    const { table } = openTable();
    const create = (options: object, kms: object = new MemoryKms()) =>
      codeOf(createEnvelopeCrypterer(kms as never, { store: table, ...options }));
    expect(await create({ suite: 'aes-256-gcm' })).toBe('CONFIG');
    expect(await create({ goFrames: 'write' })).toBe('CONFIG');
    expect(await create({ otherKeyServices: {} })).toBe('CONFIG');
    expect(await create({ otherKeyServices: [{}] })).toBe('CONFIG');
    const { generateDataKey, unwrapDataKey } = new MemoryKms();
    expect(await create({}, { provider: 9, scheme: 'x', generateDataKey, unwrapDataKey })).toBe('CONFIG');
  });
});
