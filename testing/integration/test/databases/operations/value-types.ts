import type { DatabaseValue, EncryptedColumn } from '@sqlcrypter/sql';
import { describe, expect, it } from 'vitest';
import type { Scene } from '../describe-driver.js';
import type { Employees } from '../employees.js';

const values: { [column in Exclude<keyof Employees, 'ssn'>]: unknown[] } = {
  name: ['Ada Lovelace', '', 'Grüße 你好 🌍 \u0000\\x00 \'"', 'x'.repeat(10_000)],
  photo: [Buffer.alloc(0), Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
  profile: [{ tags: ['a', null, 1.5, true], nested: { text: 'ü' } }, [], 'text'],
  salary: [0, -0, 1234.56, -1e308, Number.MIN_VALUE],
  account: [0n, -1n, 2n ** 200n],
  married: [true, false],
  born: [new Date('1815-12-10T00:00:00.000Z'), new Date(-1), new Date(8.64e15)],
  notes: ['Grüße', '', 'x'.repeat(100_000)],
};

/** Every type of value comes back as it was. */
export function valueTypes(scene: Scene): void {
  describe.each(Object.keys(values) as (keyof typeof values)[])('the column %s', (name) => {
    it('gives back every value as it was', async () => {
      const column = scene.columns[name] as EncryptedColumn<unknown>;
      for (const value of values[name]) {
        const id = scene.newId();
        const encrypted = await column.encrypt(value);
        await scene.session.run(`insert into employees (id, ${name}) values (?, ?)`, [id, encrypted]);
        const [row] = await scene.session.run(`select ${name} from employees where id = ?`, [id]);
        expect(await column.decrypt(row?.[name] as DatabaseValue)).toEqual(value);
      }
    });
  });

  it('a text column holds text', async () => {
    const id = scene.newId();
    const encrypted = await scene.columns.notes.encrypt('a note');
    await scene.session.run('insert into employees (id, notes) values (?, ?)', [id, encrypted]);
    const [row] = await scene.session.run('select notes from employees where id = ?', [id]);
    expect(row?.notes).toBe(encrypted);
    expect(row?.notes).toMatch(/^sc1\.[\w-]+$/);
  });
}
