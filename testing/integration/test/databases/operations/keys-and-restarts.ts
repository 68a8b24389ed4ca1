import { loadKeys } from '@sqlcrypter/core';
import { type DatabaseValue, decryptRows } from '@sqlcrypter/sql';
import { expect, it } from 'vitest';
import type { Scene } from '../describe-driver.js';
import type { Row } from '../driver.js';
import { employees } from '../employees.js';
import type { AnyCrypterer } from '../key-holder.js';

const processes = 3;
const rowsEach = 20;

/** Other processes than the one that wrote a value read it: after a rotation, after a restart, in synchronous hooks. */
export function keysAndRestarts(scene: Scene): void {
  const { newId, provider } = scene;
  const run: Scene['session']['run'] = (...statement) => scene.session.run(...statement);

  const writeWith = async (crypterer: AnyCrypterer, count = 1) => {
    const { name } = employees(crypterer);
    const ids = Array.from({ length: count }, newId);
    const names = await name.encryptMany(ids.map((id) => `name ${id}`));
    await run(
      `insert into employees (id, name) values ${ids.map(() => '(?, ?)').join(', ')}`,
      ids.flatMap((id, index) => [id, names[index]]),
    );
    return ids;
  };
  const select = (ids: readonly number[]) =>
    run(`select id, name from employees where id in (${ids.map(() => '?').join(', ')}) order by id`, ids);
  const expected = (ids: readonly number[]) => ids.map((id) => ({ id, name: `name ${id}` }));
  /** What as many processes wrote, each under a data key of its own where there are such. */
  const writeInProcesses = async () => {
    const ids: number[] = [];
    for (let i = 0; i < processes; i++) {
      await using writer = await scene.keys.start();
      ids.push(...(await writeWith(writer, rowsEach)));
    }
    return ids;
  };
  const unwrapsNeeded = provider.loadsKeys ? processes : 0;
  const ciphertexts = (rows: readonly Row[]) => rows.map(({ name }) => new Uint8Array(name as Uint8Array));

  it('reads what was written before the key was rotated, and writes on', async () => {
    const before = await writeWith(scene.crypterer);
    scene.keys.rotate();
    await using rotated = await scene.keys.start();
    const after = await writeWith(rotated);
    const ids = [...before, ...after];
    expect(await decryptRows(await select(ids), { name: employees(rotated).name })).toEqual(expected(ids));
  });

  it('reads after a restart, with one key call for each distinct data key', async () => {
    const ids = await writeInProcesses();
    await using restarted = await scene.keys.start();
    const callsBefore = scene.keys.unwraps();
    const { name } = employees(restarted);
    expect(await decryptRows(await select(ids), { name })).toEqual(expected(ids));
    expect(scene.keys.unwraps() - callsBefore).toBe(unwrapsNeeded);
    expect(await decryptRows(await select(ids), { name })).toEqual(expected(ids));
    expect(scene.keys.unwraps() - callsBefore).toBe(unwrapsNeeded);
  });

  it('reads synchronously once the keys are loaded', async () => {
    const ids = await writeInProcesses();
    await using restarted = await scene.keys.start();
    const callsBefore = scene.keys.unwraps();
    const { name } = employees(restarted);
    const rows = await select(ids);
    const decryptAll = () => rows.map((row) => ({ id: row.id, name: name.decryptSync(row.name as DatabaseValue) }));
    if (provider.loadsKeys) expect(decryptAll).toThrow(expect.objectContaining({ code: 'KEY_NOT_LOADED' }));
    using _keys = await loadKeys(ciphertexts(rows), { crypterer: restarted });
    expect(decryptAll()).toEqual(expected(ids));
    expect(scene.keys.unwraps() - callsBefore).toBe(unwrapsNeeded);
  });

  it('writes synchronously', async () => {
    const id = newId();
    const { name } = scene.columns;
    await run('insert into employees (id, name) values (?, ?)', [id, name.encryptSync(`name ${id}`)]);
    expect(await decryptRows(await select([id]), { name })).toEqual(expected([id]));
  });

  if (scene.driver.hasResultHook) {
    it('decrypts in the result hook of the driver, which is synchronous', async () => {
      const ids = await writeInProcesses();
      await using restarted = await scene.keys.start();
      using _keys = await loadKeys(ciphertexts(await select(ids)), { crypterer: restarted });
      const { name } = employees(restarted);
      const session = await scene.database.connect({ onBytes: (value) => name.decryptSync(value) });
      const places = ids.map(() => '?').join(', ');
      const rows = await session.run(`select id, name from employees where id in (${places}) order by id`, ids);
      await session.close();
      expect(rows).toEqual(expected(ids));
    });
  }
}
