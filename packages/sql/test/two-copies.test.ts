import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createAesCrypterer } from '@sqlcrypter/aes';
import { init, SqlcrypterError, shutdown } from '@sqlcrypter/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decryptRows, EncryptedBytes, encryptedColumn, text } from '../src/index.js';
import { localKey } from './crypterers.js';
import { expectCode } from './expect-code.js';

interface Copy {
  core: typeof import('@sqlcrypter/core');
  provider: typeof import('@sqlcrypter/core/provider');
  sql: typeof import('../src/index.js');
}

let folder: string;

/** The built packages once more, as an application has them that installed two versions. */
async function installedTwice(): Promise<Copy> {
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
  return {
    core: await load(join(coreFolder, 'dist/index.js')),
    provider: await load(join(coreFolder, 'dist/provider.js')),
    sql: await load(join(sqlFolder, 'dist/index.js')),
  };
}

/** The CommonJS builds, as they are beside the ES modules where one part of an application imports, another requires. */
async function required(): Promise<Copy> {
  const require = createRequire(import.meta.url);
  return {
    core: require('@sqlcrypter/core'),
    provider: require('@sqlcrypter/core/provider'),
    sql: require('../dist/cjs/index.js'),
  };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sqlcrypter-copies-'));
  init(createAesCrypterer({ key: localKey(1) }));
});
afterAll(async () => {
  await shutdown();
  await rm(folder, { recursive: true, force: true });
});

describe.each([
  { other: 'another version', load: installedTwice },
  { other: 'the CommonJS build', load: required },
])('the packages and $other in one process', ({ load }) => {
  let core: Copy['core'];
  let provider: Copy['provider'];
  let sql: Copy['sql'];
  beforeAll(async () => {
    ({ core, provider, sql } = await load());
  });

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

  it("know the other copy's EncryptedBytes, also by instanceof", async () => {
    const [theirs, ours] = [await sql.EncryptedBytes.encrypt('a'), await EncryptedBytes.encrypt('a')];
    expect([EncryptedBytes.is(theirs), sql.EncryptedBytes.is(ours)]).toEqual([true, true]);
    expect(theirs).toBeInstanceOf(EncryptedBytes);
    expect(ours).toBeInstanceOf(sql.EncryptedBytes);
    expect([Buffer.from('a'), {}, null].filter((each) => (each as unknown) instanceof EncryptedBytes)).toEqual([]);
  });

  it("refuse to encrypt the other copy's EncryptedBytes", async () => {
    const theirs = await sql.EncryptedBytes.encrypt('a');
    await expectCode('INVALID_ARGUMENT', () => EncryptedBytes.encrypt(theirs));
  });

  it("read rows with the other copy's columns", async () => {
    const theirs = sql.encryptedColumn({ table: 'employee', column: 'ssn', type: sql.text(), bind: ['row'] });
    const rows = [{ id: 1, ssn: await theirs.encrypt('a', { row: 1 }) }];
    expect(await decryptRows(rows, { ssn: theirs }, { row: ({ id }) => id })).toEqual([{ id: 1, ssn: 'a' }]);
  });
});
