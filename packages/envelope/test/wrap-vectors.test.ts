import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createAesKeyService } from '@sqlcrypter/aes';
import { encodeOwnContext } from '@sqlcrypter/core/provider';
import { describe, expect, it } from 'vitest';
import { type FactsVector, type RowVector, wraps } from '../../../testing/vectors/wraps-v1.js';
import { createEnvelopeCrypterer } from '../src/index.js';
import { bindingOf } from '../src/stored/row-binding.js';
import { codeOf } from './support/error-code.js';
import { openTable } from './support/key-tables.js';
import { whenTestEnds } from './support/when-test-ends.js';

const VECTORS = new URL('../../../testing/vectors/', import.meta.url);
const hex = (text: string) => Buffer.from(text, 'hex');
const localKey = () => createAesKeyService({ key: { id: wraps.localKey.id, key: hex(wraps.localKey.key) } });
const factsOf = ({ fingerprint, ...facts }: FactsVector) => ({ ...facts, fingerprint: hex(fingerprint) });
const { signal } = new AbortController();

/** A process with the local key, and a key table that holds the branch key's row and one more. */
async function readerOf(row: RowVector) {
  const { table, exec } = openTable();
  for (const { fingerprint, purpose, scope, created, expires, wraps: wrapped } of [wraps.branchRow, row]) {
    exec(`INSERT INTO sqlcrypter_keys (fingerprint, purpose, scope, state, created, expires)
      VALUES (x'${fingerprint}', '${purpose}', '${scope}', 'active', ${created}, ${expires})`);
    for (const wrap of wrapped) {
      const branch = wrap.provider === 0 ? `x'${wrap.keyId}'` : 'null';
      exec(`INSERT INTO sqlcrypter_key_wraps (fingerprint, provider, kek, branch, wrapped)
        VALUES (x'${fingerprint}', ${wrap.provider}, '${wrap.keyId}', ${branch}, x'${wrap.wrapped}')`);
    }
  }
  const reader = await createEnvelopeCrypterer(localKey(), { store: table, generate: 'never' });
  whenTestEnds(() => reader.close());
  return reader;
}

describe('wraps-v1.json', () => {
  it('is what its script makes, byte for byte', () => {
    const made = execFileSync(process.execPath, [fileURLToPath(new URL('make-wraps-v1.mjs', VECTORS)), '--print']);
    expect(made.toString()).toBe(readFileSync(new URL('wraps-v1.json', VECTORS), 'utf8'));
  });

  it.each(wraps.facts)('binds a wrap to the facts of its row: $name', ({ facts, context, encoded }) => {
    expect(bindingOf(factsOf(facts))).toEqual(context);
    expect(encodeOwnContext(context)).toEqual(hex(encoded));
  });

  it.each(wraps.rows)('reads a value through the key table: $name', async ({ row }) => {
    const { ciphertext, context, plaintext } = wraps.value;
    expect(await (await readerOf(row)).decrypt(hex(ciphertext), { context })).toEqual(hex(plaintext));
  });

  it.each(wraps.changedRows)('refuses a value whose row was changed: $name', async ({ row, code }) => {
    const { ciphertext, context } = wraps.value;
    expect(await codeOf((await readerOf(row)).decrypt(hex(ciphertext), { context }))).toBe(code);
  });

  it('opens the wrap of a branch key under the local key, with its own facts only', async () => {
    const [wrap] = wraps.branchRow.wraps;
    const wrapped = hex(wrap?.wrapped ?? '');
    const binding = bindingOf(factsOf(wraps.branchRow));
    const answer = await localKey().unwrapDataKey(wrapped, { signal, binding });
    expect(answer).toEqual({ plaintext: hex(wraps.branchKey), keyId: wraps.localKey.keyId });
    expect(wrap?.keyId).toBe(wraps.localKey.keyId);
    for (const name of Object.keys(binding)) {
      const other = { ...binding, [name]: `${binding[name]}0` };
      expect(await codeOf(localKey().unwrapDataKey(wrapped, { signal, binding: other })), name).toBe(
        'KMS_INVALID_BLOB',
      );
    }
  });

  it.each(wraps.inline)('reads a value that carries a key wrapped under a local key: $name', async ({ ciphertext }) => {
    const reader = await createEnvelopeCrypterer(localKey(), { generate: 'never' });
    const { context, plaintext } = wraps.value;
    expect(await reader.decrypt(hex(ciphertext), { context })).toEqual(hex(plaintext));
    expect(await codeOf(reader.decrypt(hex(ciphertext)))).toBe('AUTH_FAILED');
    await reader.close();
    expect((await localKey().unwrapDataKey(hex(wraps.inlineWrapped), { signal })).plaintext).toEqual(
      hex(wraps.dataKey),
    );
  });

  it('has lengths that a writer keeps: 92 bytes under a branch key, 80 under a local key', async () => {
    for (const { row } of wraps.rows) expect(hex(row.wraps[0]?.wrapped ?? '')).toHaveLength(92);
    expect(hex(wraps.inlineWrapped)).toHaveLength(80);
    const writer = await createEnvelopeCrypterer(localKey());
    const value = await writer.encrypt(Buffer.from('x'));
    expect([...value.subarray(0, 4), value[20], value.readUInt16BE(21)]).toEqual([0, 0xc7, 0x12, 3, 1, 80]);
    await writer.close();
  });
});
