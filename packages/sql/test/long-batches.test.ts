import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAesCrypterer } from '@sqlcrypter/aes';
import { type Crypterer, init, shutdown } from '@sqlcrypter/core';
import { defineCrypterer } from '@sqlcrypter/core/provider';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decryptRows, encryptedColumn, json, number, text } from '../src/index.js';
import type { ValueMessage } from '../src/value-events.js';
import { keyLoading, localKey } from './crypterers.js';
import { expectCode } from './expect-code.js';

/** More than are worked on at once, twice. */
const COUNT = 40_000;

const name = encryptedColumn({ table: 'person', column: 'name', type: text() });
const age = encryptedColumn({ table: 'person', column: 'age', type: number() });

beforeEach(() => init(createAesCrypterer({ key: localKey(1) })));
afterEach(() => shutdown());

const isNull = (i: number): boolean => i % 7 === 3;
const names = Array.from({ length: COUNT }, (_, i) => (isNull(i) ? null : `name ${i}`));
const ages = names.map((_, i) => i % 90);

describe('batches that are worked on in portions', () => {
  it('give the values of a column in order, null in its place, whatever becomes of the given list', async () => {
    const values = [...names];
    const encrypting = name.encryptMany(values);
    values.length = 0;
    const stored = await encrypting;
    expect(stored.map((value) => value === null)).toEqual(names.map((_, i) => isNull(i)));
    const decrypting = name.decryptMany(stored);
    stored.length = 0;
    expect(await decrypting).toEqual(names);
  });

  it('give rows of several columns in order, whatever becomes of the given list', async () => {
    const [storedNames, storedAges] = [await name.encryptMany(names), await age.encryptMany(ages)];
    const rows = names.map((_, id) => ({ id, name: storedNames[id] ?? null, age: storedAges[id] ?? null }));
    const decrypting = decryptRows(rows, { name, age });
    rows.length = 0;
    expect(await decrypting).toEqual(names.map((value, id) => ({ id, name: value, age: ages[id] })));
  });

  it('keep rows of no encrypted column', async () => {
    const rows = names.map((_, id) => ({ id }));
    expect(await decryptRows(rows, {})).toEqual(rows);
  });

  it('name the place of the first error in the whole list, in whichever portion it is', async () => {
    const stored = (await name.encryptMany(names)).map((value) => value && Buffer.from(value));
    for (const index of [COUNT - 1, 20_000, 16_385]) {
      const value = stored[index] as Buffer;
      value[value.length - 1] = (value.at(-1) as number) ^ 1;
      const expected = { column: 'person.name', index };
      expect(await expectCode('AUTH_FAILED', () => name.decryptMany(stored))).toMatchObject(expected);
      const rows = stored.map((each) => ({ name: each }));
      expect(await expectCode('AUTH_FAILED', () => decryptRows(rows, { name }))).toMatchObject(expected);
    }
    const values: unknown[] = [...names];
    values[30_000] = 5;
    const error = await expectCode('INVALID_ARGUMENT', () => name.encryptMany(values as string[]));
    expect(error).toMatchObject({ column: 'person.name', index: 30_000 });
  });

  it('end when the crypterer that they began with is closed, and never go on with the next', async () => {
    const swap = (): void => {
      unsubscribe('sqlcrypter:encrypt', swap);
      void shutdown().then(() => init(createAesCrypterer({ key: localKey(2) })));
    };
    subscribe('sqlcrypter:encrypt', swap);
    const error = await expectCode('DISPOSED', () => name.encryptMany(names));
    expect(error.index).toBeGreaterThanOrEqual(16_384);
  });

  it('tell subscribers of every value', async () => {
    const stored = await name.encryptMany(names);
    const heard: ValueMessage[] = [];
    const listen = (message: unknown): void => {
      heard.push(message as ValueMessage);
    };
    subscribe('sqlcrypter:decrypt', listen);
    await decryptRows(
      stored.map((value) => ({ name: value })),
      { name },
    ).finally(() => unsubscribe('sqlcrypter:decrypt', listen));
    expect(heard.every(({ label, outcome }) => label === 'person.name' && outcome === 'ok')).toBe(true);
    expect(heard.reduce((sum, { count }) => sum + count, 0)).toBe(names.filter((value) => value !== null).length);
  });
});

describe('few values that are long', () => {
  const notes = encryptedColumn({ table: 'person', column: 'notes', type: json<string[]>() });
  const values = Array.from({ length: 12 }, (_, i) => [String(i).repeat(400_000)]);
  let turns = 0;
  let immediate: NodeJS.Immediate;

  beforeEach(() => {
    // Whenever somebody looks at the clock, a slice is over.
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 10;
      return now;
    });
    const count = (): void => {
      turns += 1;
      immediate = setImmediate(count);
    };
    immediate = setImmediate(count);
  });

  afterEach(() => {
    clearImmediate(immediate);
    vi.restoreAllMocks();
  });

  /** Gives how many turns the event loop had. */
  async function turnsIn(work: () => Promise<unknown>): Promise<number> {
    turns = 0;
    await work();
    return turns;
  }

  it('let the event loop have its turn after each that is encrypted, stored, decrypted and decoded, or text to encode', async () => {
    let stored: Awaited<ReturnType<typeof notes.encryptMany>> = [];
    const encrypting = await turnsIn(async () => {
      stored = await notes.encryptMany(values);
    });
    // Encrypted, and put into the list. What may change is encoded before anything waits.
    expect(encrypting).toBeGreaterThanOrEqual(2 * values.length - 2);
    const texts = values.map(([text]) => text as string);
    const encryptingTexts = await turnsIn(() => name.encryptMany(texts));
    expect(encryptingTexts).toBeGreaterThanOrEqual(3 * values.length - 3);
    const decrypting = await turnsIn(async () => expect(await notes.decryptMany(stored)).toEqual(values));
    // Decrypted and decoded: ciphertexts are taken in one go, before anything waits.
    expect(decrypting).toBeGreaterThanOrEqual(2 * values.length - 2);
    const rows = stored.map((value) => ({ value }));
    const decryptingRows = await turnsIn(async () => {
      expect(await decryptRows(rows, { value: notes })).toEqual(values.map((value) => ({ value })));
    });
    expect(decryptingRows).toBeGreaterThanOrEqual(2 * values.length - 2);
  });
});

describe('keys that were loaded for a long batch', () => {
  async function stored(crypterer: Crypterer) {
    const column = encryptedColumn({ table: 'a', column: 'b', type: text(), crypterer });
    const [value] = await column.encryptMany(['x']);
    return { column, values: Array(COUNT).fill(Buffer.from(value as never)) as Buffer[] };
  }

  it('are kept until it is done, and then given back', async () => {
    const loading = keyLoading();
    const { column, values } = await stored(loading.crypterer);
    await column.decryptMany(values);
    expect(loading.leases).toEqual({ open: 0, most: 3 });
    await decryptRows(
      values.map((value) => ({ value })),
      { value: column },
    );
    expect(loading.leases).toEqual({ open: 0, most: 3 });
  });

  it('are loaded once for each portion, however many columns there are', async () => {
    const loading = keyLoading();
    const { column, values } = await stored(loading.crypterer);
    const rows = values.map((value) => ({ a: value, b: value, c: value }));
    await decryptRows(rows, { a: column, b: column, c: column });
    const rowsAtOnce = Math.floor(16_384 / 3);
    expect(loading.batches.slice(0, -1)).toEqual(Array(Math.floor(COUNT / rowsAtOnce)).fill(3 * rowsAtOnce));
    expect(loading.leases).toEqual({ open: 0, most: 8 });
  });

  it('are given back when a value fails', async () => {
    const loading = keyLoading();
    const { column, values } = await stored(loading.crypterer);
    values[20_000] = Buffer.from(await name.encrypt('foreign'));
    await expectCode('KEY_NOT_FOUND', () => column.decryptMany(values));
    expect(loading.leases).toEqual({ open: 0, most: 2 });
    const rows = values.map((value) => ({ value }));
    await expectCode('KEY_NOT_FOUND', () => decryptRows(rows, { value: column }));
    expect(loading.leases).toEqual({ open: 0, most: 2 });
  });

  it('are given back when another crypterer of the batch fails before they are there', async () => {
    const loading = keyLoading();
    const { column, values } = await stored(loading.crypterer);
    const { crypterer } = loading;
    const slow = Object.assign(Object.create(crypterer) as typeof crypterer, {
      async loadKeys(ciphertexts: Iterable<Uint8Array>) {
        await sleep(20);
        return crypterer.loadKeys(ciphertexts);
      },
    });
    const broken = defineCrypterer({
      scheme: 'broken',
      encryptSync: (plaintext) => plaintext,
      decryptSync: (ciphertext) => ciphertext,
      loadKeys: () => Promise.reject(new Error('down')),
    });
    const columns = {
      a: encryptedColumn({ table: 'a', column: 'b', type: text(), crypterer: slow }),
      b: encryptedColumn({ table: 'a', column: 'c', type: text(), crypterer: broken }),
    };
    const row = { a: values[0] as Buffer, b: values[0] as Buffer };
    expect(column.label).toBe('a.b');
    await expectCode('PROVIDER_FAILED', () => decryptRows([row], columns));
    expect(loading.leases).toEqual({ open: 0, most: 1 });
  });
});
