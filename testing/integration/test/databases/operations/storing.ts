import { randomBytes } from 'node:crypto';
import { type DatabaseValue, decryptRows } from '@sqlcrypter/sql';
import { expect, it } from 'vitest';
import type { Scene } from '../describe-driver.js';
import { ssnBytes } from '../employees.js';

const ssn = '999-00-1234';

/** What is written comes back, whatever the statement. */
export function storing(scene: Scene): void {
  const { driver, newId } = scene;
  const run: Scene['session']['run'] = (...statement) => scene.session.run(...statement);
  const storedSsn = async (id: number) =>
    (await run('select ssn from employees where id = ?', [id]))[0]?.ssn as DatabaseValue | null;
  const readSsn = async (id: number) => scene.columns.ssn.decrypt(await storedSsn(id), { row: id });
  const insertSsn = async (id: number, value: string) => {
    await run('insert into employees (id, ssn) values (?, ?)', [
      id,
      await scene.columns.ssn.encrypt(value, { row: id }),
    ]);
  };

  it('inserts and selects a value, which lies in the database as a frame', async () => {
    const id = newId();
    await insertSsn(id, ssn);
    const stored = await storedSsn(id);
    expect(stored?.constructor.name).toBe(driver.bytesAs);
    const bytes = Buffer.from(stored as Uint8Array);
    expect(bytes.readUInt16BE()).toBe(0x00c7);
    expect(bytes.includes(ssn)).toBe(false);
    expect(await readSsn(id)).toBe(ssn);
  });

  it('inserts many rows in one statement and decrypts them in one batch', async () => {
    const ids = Array.from({ length: 200 }, newId);
    const values = await scene.columns.ssn.encryptMany(ids.map((id) => ({ value: `number ${id}`, row: id })));
    const places = ids.map(() => '(?, ?)').join(', ');
    await run(
      `insert into employees (id, ssn) values ${places}`,
      ids.flatMap((id, index) => [id, values[index]]),
    );
    const [first, last] = [ids[0], ids.at(-1)];
    const rows = await run('select id, ssn from employees where id between ? and ? order by id', [first, last]);
    const decrypted = await decryptRows(rows, { ssn: scene.columns.ssn }, { row: ({ id }) => id as number });
    expect(decrypted.map((row) => row.ssn)).toEqual(ids.map((id) => `number ${id}`));
  });

  it('updates a value', async () => {
    const id = newId();
    await insertSsn(id, ssn);
    const next = await scene.columns.ssn.encrypt('999-00-9999', { row: id });
    await run('update employees set ssn = ? where id = ?', [next, id]);
    expect(await readSsn(id)).toBe('999-00-9999');
  });

  it('keeps NULL as NULL', async () => {
    const id = newId();
    const nothing = await scene.columns.ssn.encrypt(null, { row: id });
    await run('insert into employees (id, ssn) values (?, ?)', [id, nothing]);
    expect(await run('select id from employees where id = ? and ssn is null', [id])).toHaveLength(1);
    expect(await readSsn(id)).toBeNull();
  });

  it('stores the empty string encrypted', async () => {
    const id = newId();
    await insertSsn(id, '');
    expect(await run('select id from employees where id = ? and ssn is not null', [id])).toHaveLength(1);
    expect(await readSsn(id)).toBe('');
  });

  it('stores a value of 1 MiB', async () => {
    const id = newId();
    const photo = randomBytes(1024 * 1024);
    await run('insert into employees (id, photo) values (?, ?)', [id, await scene.columns.photo.encrypt(photo)]);
    const [row] = await run('select photo from employees where id = ?', [id]);
    const read = await scene.columns.photo.decrypt(row?.photo as DatabaseValue);
    expect(photo.equals(read as Uint8Array)).toBe(true);
  });

  it('stores the longest value that the column was declared for', async () => {
    const id = newId();
    await insertSsn(id, 'x'.repeat(ssnBytes));
    expect(await readSsn(id)).toBe('x'.repeat(ssnBytes));
  });

  if (driver.returning.includes('insert')) {
    it('reads what INSERT … RETURNING gives back', async () => {
      const id = newId();
      const value = await scene.columns.ssn.encrypt(ssn, { row: id });
      const [row] = await run('insert into employees (id, ssn) values (?, ?) returning ssn', [id, value]);
      expect(await scene.columns.ssn.decrypt(row?.ssn as DatabaseValue, { row: id })).toBe(ssn);
    });
  }

  if (driver.returning.includes('update')) {
    it('reads what UPDATE … RETURNING gives back', async () => {
      const id = newId();
      await insertSsn(id, ssn);
      const [row] = await run('update employees set salary = null where id = ? returning ssn', [id]);
      expect(await scene.columns.ssn.decrypt(row?.ssn as DatabaseValue, { row: id })).toBe(ssn);
    });
  }

  it.each([
    { end: 'commit', finds: ssn },
    { end: 'rollback', finds: undefined },
  ] as const)('a transaction that ends with $end', async ({ end, finds }) => {
    const id = newId();
    const value = await scene.columns.ssn.encrypt('first', { row: id });
    const next = await scene.columns.ssn.encrypt(ssn, { row: id });
    const insert = { sql: 'insert into employees (id, ssn) values (?, ?)', parameters: [id, value] };
    const update = { sql: 'update employees set ssn = ? where id = ?', parameters: [next, id] };
    await scene.session.transaction([insert, update], end);
    const stored = await storedSsn(id);
    expect(stored && (await scene.columns.ssn.decrypt(stored, { row: id }))).toBe(finds);
  });

  it('binds a value again unchanged as it was read', async () => {
    const id = newId();
    await insertSsn(id, ssn);
    const stored = (await storedSsn(id)) as DatabaseValue;
    const handle = scene.columns.ssn.fromDatabase(stored, { row: id });
    expect(await run('select id from employees where ssn = ?', [handle])).toMatchObject([{ id }]);
    const again = await scene.columns.ssn.encrypt(ssn, { row: id });
    expect(await run('select id from employees where ssn = ?', [again])).toEqual([]);
  });
}
