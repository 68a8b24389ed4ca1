import type { DatabaseValue } from '@sqlcrypter/sql';
import { expect, it } from 'vitest';
import type { Scene } from '../describe-driver.js';

/** What somebody can do who writes to the database without the key, and what an application can do by mistake. */
export function protection(scene: Scene): void {
  const { newId } = scene;
  const run: Scene['session']['run'] = (...statement) => scene.session.run(...statement);
  const insert = async (name: string) => {
    const id = newId();
    const { ssn, name: names } = scene.columns;
    const values = [id, await ssn.encrypt('999-00-1234', { row: id }), await names.encrypt(name)];
    await run('insert into employees (id, ssn, name) values (?, ?, ?)', values);
    return id;
  };
  const read = async (id: number) => (await run('select ssn, name, photo from employees where id = ?', [id]))[0] ?? {};
  const copy = async (to: { id: number; column: string }, from: { id: number; column: string }) => {
    const [row] = await run(`select ${from.column} from employees where id = ?`, [from.id]);
    await run(`update employees set ${to.column} = ? where id = ?`, [Buffer.from(row?.[from.column] as Buffer), to.id]);
  };

  it.each(['text', 'bytes'])('the CHECK refuses a plaintext written as %s', async (kind) => {
    const bytes = scene.driver.dialect === 'postgres' ? `'\\x3939'::bytea` : `x'3939'`;
    const literal = kind === 'text' ? `'999-00-1234'` : bytes;
    for (const column of Object.keys(scene.columns)) {
      const id = newId();
      await expect(run(`insert into employees (id, ${column}) values (${id}, ${literal})`)).rejects.toThrow(
        /constraint|not of type|type bytea/i,
      );
      await run(`insert into employees (id) values (${id})`);
      await expect(run(`update employees set ${column} = ${literal} where id = ${id}`)).rejects.toThrow();
      expect(await run(`select id from employees where id = ? and ${column} is null`, [id])).toHaveLength(1);
    }
  });

  it('a Promise that nobody awaited is never stored', async () => {
    const id = newId();
    const promise = scene.columns.ssn.encrypt('999-00-1234', { row: id });
    await expect(run('insert into employees (id, ssn) values (?, ?)', [id, promise])).rejects.toThrow();
    expect(await run('select id from employees where id = ?', [id])).toEqual([]);
  });

  it('refuses a value that was moved to another row', async () => {
    const [from, to] = [await insert('one'), await insert('other')];
    await copy({ id: to, column: 'ssn' }, { id: from, column: 'ssn' });
    const stored = (await read(to)).ssn as DatabaseValue;
    await expect(scene.columns.ssn.decrypt(stored, { row: to })).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      column: 'employees.ssn',
    });
    expect(await scene.columns.ssn.decrypt(stored, { row: from })).toBe('999-00-1234');
  });

  it('refuses a value that was moved to another column', async () => {
    const id = await insert('Ada');
    await copy({ id, column: 'photo' }, { id, column: 'name' });
    const { name, photo } = await read(id);
    await expect(scene.columns.photo.decrypt(photo as DatabaseValue)).rejects.toMatchObject({
      code: 'AUTH_FAILED',
      column: 'employees.photo',
    });
    expect(await scene.columns.name.decrypt(name as DatabaseValue)).toBe('Ada');
  });

  it('refuses a value that was tampered with', async () => {
    const id = await insert('Ada');
    const bytes = Buffer.from((await read(id)).name as Buffer);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await run('update employees set name = ? where id = ?', [bytes, id]);
    const stored = (await read(id)).name as DatabaseValue;
    await expect(scene.columns.name.decrypt(stored)).rejects.toMatchObject({ code: 'AUTH_FAILED' });
  });

  it('accepts an older value of the same place, NULL, and a row that is gone: rollback goes unnoticed', async () => {
    const id = await insert('Ada');
    const older = Buffer.from((await read(id)).name as Buffer);
    await run('update employees set name = ? where id = ?', [await scene.columns.name.encrypt('Grace'), id]);
    await run('update employees set name = ? where id = ?', [older, id]);
    expect(await scene.columns.name.decrypt((await read(id)).name as DatabaseValue)).toBe('Ada');
    await run('update employees set name = null where id = ?', [id]);
    expect(await scene.columns.name.decrypt((await read(id)).name as null)).toBeNull();
    await run('delete from employees where id = ?', [id]);
    expect(await read(id)).toEqual({});
  });

  it('a value that was cut off is refused', async () => {
    const id = await insert('Ada');
    const bytes = Buffer.from((await read(id)).name as Buffer);
    await run('update employees set name = ? where id = ?', [bytes.subarray(0, 5), id]);
    const stored = (await read(id)).name as DatabaseValue;
    await expect(scene.columns.name.decrypt(stored)).rejects.toMatchObject({ code: 'FRAME_TRUNCATED' });
  });
}
