import { createAesCrypterer } from '@sqlcrypter/aes';
import { init, shutdown } from '@sqlcrypter/core';
import { DataKey } from '@sqlcrypter/core/provider';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { decryptRows, encryptedColumn, json, number, text } from '../src/index.js';
import { localKey } from './crypterers.js';
import { expectCode } from './expect-code.js';

const COUNT = 2_000;
const NAMES = ['Ada', '', 'Zoë', 'naïve', '名前', '👩‍🔬', 'À', 'nul\0', '\0', 'long '.repeat(60)];

const name = encryptedColumn({ table: 'person', column: 'name', type: text() });
const padded = encryptedColumn({ table: 'person', column: 'alias', type: text({ padTo: 16 }) });
const salary = encryptedColumn({ table: 'person', column: 'salary', type: number() });
const note = encryptedColumn({ table: 'person', column: 'note', type: json<{ of: string }>(), bind: ['row'] });

/** How many values the batch engine opened. */
let openedValues: number;

beforeEach(() => {
  init(createAesCrypterer({ key: localKey(1) }));
  openedValues = 0;
  const { openMany } = DataKey.prototype;
  vi.spyOn(DataKey.prototype, 'openMany').mockImplementation(function (this: DataKey, ...args) {
    const values = args[2].length;
    const refused = openMany.apply(this, args);
    openedValues += values - refused.length;
    return refused;
  });
});

afterEach(async () => {
  vi.restoreAllMocks();
  await shutdown();
});

const texts = Array.from({ length: COUNT }, (_, i) => NAMES[i % NAMES.length] as string);

it('long lists of every kind of text are what they were, with either engine', async () => {
  for (const column of [name, padded]) {
    for (const engine of ['auto', 'node'] as const) {
      const stored = await column.encryptMany(texts, { engine });
      expect(await column.decryptMany(stored, { engine: 'auto' })).toEqual(texts);
      expect(await column.decryptMany(stored, { engine: 'node' })).toEqual(texts);
    }
  }
  expect(openedValues).toBe(4 * COUNT);
});

it('rows with several columns, bound and not, are decrypted by the engine', async () => {
  const [names, salaries, notes] = await Promise.all([
    name.encryptMany(texts),
    salary.encryptMany(texts.map((_, i) => i / 7)),
    note.encryptMany(texts.map((value, row) => ({ value: { of: value }, row }))),
  ]);
  const rows = texts.map((_, id) => ({ id, name: names[id], salary: salaries[id], note: notes[id] }));
  const columns = { name, salary, note };
  const expected = texts.map((value, id) => ({ id, name: value, salary: id / 7, note: { of: value } }));
  expect(await decryptRows(rows, columns, { row: ({ id }) => id })).toEqual(expected);
  expect(openedValues).toBe(3 * COUNT);
  expect(await decryptRows(rows, columns, { row: ({ id }) => id, engine: 'node' })).toEqual(expected);
  expect(openedValues).toBe(3 * COUNT);
});

it('a value that is no text is INVALID_ARGUMENT at its place, and AUTH_FAILED before it stands first', async () => {
  const asNumber = encryptedColumn({ table: 'person', column: 'name', type: number() });
  const stored: (Buffer | null)[] = await name.encryptMany(texts);
  const [wrong = null] = await asNumber.encryptMany([-1.5]);
  stored[1_000] = wrong;
  expect(await expectCode('INVALID_ARGUMENT', () => name.decryptMany(stored))).toMatchObject({
    index: 1_000,
    column: 'person.name',
  });
  const moved = await padded.encryptMany(['elsewhere']);
  stored[1_500] = moved[0] ?? null;
  const error = await expectCode('AUTH_FAILED', () => name.decryptMany(stored));
  expect(error).toMatchObject({ index: 1_500, column: 'person.name' });
});

it('values of a former label are read too', async () => {
  const renamed = encryptedColumn({ table: 'human', column: 'name', type: text(), formerly: ['person.name'] });
  const [old, fresh] = await Promise.all([name.encryptMany(texts), renamed.encryptMany(texts)]);
  const mixed = old.map((value, i) => (i % 3 === 0 ? value : (fresh[i] ?? null)));
  expect(await renamed.decryptMany(mixed)).toEqual(texts);
});

it('an engine that does not exist is CONFIG', async () => {
  const stored = await name.encryptMany(texts);
  await expectCode('CONFIG', () => name.encryptMany(texts, { engine: 'wasm' as never }));
  await expectCode('CONFIG', () => name.decryptMany(stored, { engine: 'wasm' as never }));
});

it('long lists let the event loop have its turns', async () => {
  const values = Array<string>(100_000).fill('999-00-1234');
  const stored = await name.encryptMany(values);
  let turns = 0;
  const count = (): void => {
    turns += 1;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  await name.decryptMany(stored);
  await decryptRows(
    stored.map((value) => ({ name: value })),
    { name },
  );
  clearImmediate(timer);
  expect(turns).toBeGreaterThan(4);
});
