import { decryptMany, encryptMany } from '@sqlcrypter/core';
import { describe, expect, it } from 'vitest';
import { errorOf } from './support/error-code.js';
import { createStored, openTable } from './support/key-tables.js';
import { createEnvelope, MemoryKms } from './support/memory-kms.js';

const text = Buffer.from('999-00-1234');

/** Values of two tenants and of none, and a process that did not write them. */
async function values() {
  const { table } = openTable();
  const kms = new MemoryKms();
  const writer = await createStored(table, kms);
  const [a, b] = [await writer.encrypt(text, { scope: 'a' }), await writer.encrypt(text, { scope: 'b' })];
  const none = await writer.encrypt(text);
  const inline = await (await createEnvelope(kms)).encrypt(text);
  const start = () => createStored(table, kms, { generate: 'never' });
  return { a, b, none, inline, start, reader: await start() };
}

describe('a read with a scope', () => {
  it('gives a value under a key of that scope, cold and warm, and without a scope every value', async () => {
    const { a, b, none, reader } = await values();
    for (let time = 0; time < 2; time++) expect(await reader.decrypt(a, { scope: 'a' })).toEqual(text);
    expect(reader.decryptSync(a, { scope: 'a' })).toEqual(text);
    for (const value of [a, b, none]) expect(await reader.decrypt(value)).toEqual(text);
  });

  it.each(['a', 'none'] as const)(
    'refuses a value under a key of another scope or of none, cold and warm: %s',
    async (which) => {
      const { reader, ...all } = await values();
      for (let time = 0; time < 2; time++) {
        const error = await errorOf(reader.decrypt(all[which], { scope: 'b' }));
        expect(error).toMatchObject({ code: 'AUTH_FAILED', keyRef: all[which].toString('hex', 4, 20) });
        expect(error.message).toContain('not of the scope');
      }
      expect(await errorOf(() => reader.decryptSync(all[which], { scope: 'b' }))).toMatchObject({
        code: 'AUTH_FAILED',
      });
      expect(await reader.decrypt(all[which])).toEqual(text);
    },
  );

  it('refuses a value that carries its own key, which is of no scope', async () => {
    const { inline, reader } = await values();
    expect(await reader.decrypt(inline)).toEqual(text);
    for (const call of [
      () => reader.decrypt(inline, { scope: 'a' }),
      () => reader.decryptSync(inline, { scope: 'a' }),
    ]) {
      const error = await errorOf(async () => call());
      expect([error.code, error.message]).toEqual([
        'UNSUPPORTED',
        expect.stringContaining('Decrypt it without `scope`'),
      ]);
    }
  });

  it('refuses what is no scope', async () => {
    const { a, reader } = await values();
    for (const scope of ['', 'a\n', 'x'.repeat(256)]) {
      expect(await errorOf(reader.decrypt(a, { scope }))).toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
  });

  it.each(['auto', 'node'] as const)('holds for each value of a batch, cold and warm, by engine %s', async (engine) => {
    const { a, b, start } = await values();
    const crypterer = await start();
    const items = Array.from({ length: 300 }, (_, index) => ({ ciphertext: index % 3 === 1 ? b : a }));
    for (let time = 0; time < 2; time++) {
      const read = await decryptMany(items, { crypterer, scope: 'a', engine, onError: 'collect' });
      const outcomes = read.map((each) => (Buffer.isBuffer(each) ? String(each) : each.code));
      expect(outcomes).toEqual(items.map(({ ciphertext }) => (ciphertext === a ? String(text) : 'AUTH_FAILED')));
    }
    expect(await errorOf(decryptMany(items, { crypterer, scope: 'a', engine }))).toMatchObject({
      code: 'AUTH_FAILED',
      index: 1,
    });
  });

  it('reads back a batch that was written in that scope', async () => {
    const crypterer = await createStored(openTable().table);
    const items = Array.from({ length: 300 }, (_, index) => ({ plaintext: Buffer.from(`${index}`) }));
    const written = await encryptMany(items, { crypterer, scope: 'a' });
    const read = await decryptMany(
      written.map((ciphertext) => ({ ciphertext })),
      { crypterer, scope: 'a' },
    );
    expect(read.map(String)).toEqual(items.map(({ plaintext }) => String(plaintext)));
  });
});
