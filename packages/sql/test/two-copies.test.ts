import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createAesCrypterer } from '@sqlcrypter/aes';
import { init, SqlcrypterError, shutdown } from '@sqlcrypter/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decryptRows, EncryptedBytes, encryptedColumn, text } from '../src/index.js';
import { localKey } from './crypterers.js';
import { expectCode } from './expect-code.js';

/** The built packages once more, as an application has them that installed two versions. */
let folder: string;
let core: typeof import('@sqlcrypter/core');
let provider: typeof import('@sqlcrypter/core/provider');
let sql: typeof import('../src/index.js');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sqlcrypter-copies-'));
  const coreFolder = join(folder, 'node_modules/@sqlcrypter/core');
  const sqlFolder = join(folder, 'node_modules/@sqlcrypter/sql');
  const here = fileURLToPath(new URL('..', import.meta.url));
  await mkdir(join(folder, 'node_modules'), { recursive: true });
  for (const [from, to] of [
    [fileURLToPath(new URL('../../core', import.meta.url)), coreFolder],
    [here, sqlFolder],
  ] as const) {
    await cp(join(from, 'dist'), join(to, 'dist'), { recursive: true });
    await cp(join(from, 'package.json'), join(to, 'package.json'));
  }
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  const load = (path: string) => import(/* @vite-ignore */ pathToFileURL(path).href);
  core = await load(join(coreFolder, 'dist/index.js'));
  provider = await load(join(coreFolder, 'dist/provider.js'));
  sql = await load(join(sqlFolder, 'dist/index.js'));
  init(createAesCrypterer({ key: localKey(1) }));
});
afterAll(async () => {
  await shutdown();
  await rm(folder, { recursive: true, force: true });
});

describe('two copies of the packages in one process', () => {
  it('are two indeed', () => {
    expect(core.SqlcrypterError).not.toBe(SqlcrypterError);
    expect(sql.EncryptedBytes).not.toBe(EncryptedBytes);
  });

  it('share the registered crypterer', async () => {
    const theirs = sql.encryptedColumn({ table: 'employee', column: 'ssn', type: sql.text() });
    const ours = encryptedColumn({ table: 'employee', column: 'ssn', type: text() });
    expect(await ours.decrypt(await theirs.encrypt('a'))).toBe('a');
    expect(await theirs.decrypt(await ours.encrypt('b'))).toBe('b');
  });

  it("try former labels after the other copy's AUTH_FAILED", async () => {
    const key = new provider.DataKey(localKey(3));
    const header = provider.encodeFrameHeader('aes-256-gcm', { kind: 1, id: 3 });
    const crypterer = provider.defineCrypterer({
      scheme: 'theirs',
      encryptSync: (plaintext, { context }) => key.seal(plaintext, header, context),
      decryptSync: (ciphertext, { context }) => key.open(ciphertext, provider.parseFrame(ciphertext), context),
    });
    const old = encryptedColumn({ table: 'a', column: 'old', type: text(), crypterer });
    const now = encryptedColumn({ table: 'a', column: 'now', type: text(), crypterer, formerly: ['a.old'] });
    const stored = await old.encrypt('a');
    expect(await now.decrypt(stored)).toBe('a');
    expect(now.decryptSync(stored)).toBe('a');
    expect(await now.decryptMany([stored])).toEqual(['a']);
    const error = await expectCode('AUTH_FAILED', async () => old.decrypt(await now.encrypt('b')));
    expect(error.column).toBe('a.old');
  });

  it("refuse to encrypt the other copy's EncryptedBytes", async () => {
    const theirs = await sql.EncryptedBytes.encrypt('a');
    expect(theirs).not.toBeInstanceOf(EncryptedBytes);
    expect(EncryptedBytes.is(theirs)).toBe(true);
    await expectCode('INVALID_ARGUMENT', () => EncryptedBytes.encrypt(theirs));
  });

  it("read rows with the other copy's columns", async () => {
    const theirs = sql.encryptedColumn({ table: 'employee', column: 'ssn', type: sql.text(), bind: ['row'] });
    const rows = [{ id: 1, ssn: await theirs.encrypt('a', { row: 1 }) }];
    expect(await decryptRows(rows, { ssn: theirs }, { row: ({ id }) => id })).toEqual([{ id: 1, ssn: 'a' }]);
  });
});
