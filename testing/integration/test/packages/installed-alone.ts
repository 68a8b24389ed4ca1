import { startLocalKms } from '@sqlcrypter/local-kms';
import { type Consumer, installInto, kmsEnvironment, type Tarballs } from '@sqlcrypter/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const megabyte = 1_000_000;
const drivers =
  /^(?:pg|postgres|mysql2?|mariadb|mssql|tedious|libsql|node-sqlite3-wasm|better-sqlite3|sqlite3|@.*(?:pglite|libsql).*)$/;

/** A package by itself brings what it needs, and nothing else. */
export function installedAlone(tarballs: Tarballs): void {
  describe('@sqlcrypter/aes alone', () => {
    let project: Consumer;
    beforeAll(async () => {
      project = await installInto(tarballs, ['@sqlcrypter/aes']);
    });
    afterAll(() => project?.[Symbol.asyncDispose]());

    it('brings core and nothing else', async () => {
      expect(await project.installedPackages()).toEqual(['@sqlcrypter/aes', '@sqlcrypter/core']);
    });

    it('installs in under 1 MB', async () => {
      expect(await project.installedBytes()).toBeLessThan(megabyte);
    });

    it('is all that is needed to encrypt and decrypt', async () => {
      await project.write(
        'index.mjs',
        `import { createAesCrypterer, decrypt, encrypt, generateKey, init } from '@sqlcrypter/aes';
         init(createAesCrypterer({ key: generateKey() }));
         console.log(String(await decrypt(await encrypt(Buffer.from('999-00-1234')))));`,
      );
      expect(await project.node(['index.mjs'])).toEqual({ exitCode: 0, stdout: '999-00-1234\n', stderr: '' });
    });
  });

  describe('@sqlcrypter/awskms alone', () => {
    let project: Consumer;
    beforeAll(async () => {
      project = await installInto(tarballs, ['@sqlcrypter/awskms']);
    });
    afterAll(() => project?.[Symbol.asyncDispose]());

    it('brings core and what AWS KMS needs: no other provider and no driver', async () => {
      const packages = await project.installedPackages();
      const ours = packages.filter((name) => name.startsWith('@sqlcrypter/'));
      expect(ours.filter((name) => !['@sqlcrypter/core', '@sqlcrypter/envelope'].includes(name))).toEqual([
        '@sqlcrypter/awskms',
      ]);
      expect(packages.filter((name) => drivers.test(name))).toEqual([]);
    });

    it('is all that is needed to encrypt and decrypt', async () => {
      await using kms = await startLocalKms();
      await project.write(
        'index.mjs',
        `import { createAwsKmsCrypterer, decrypt, encrypt, init, shutdown } from '@sqlcrypter/awskms';
         init(await createAwsKmsCrypterer({ keyId: 'alias/sqlcrypter' }));
         console.log(String(await decrypt(await encrypt(Buffer.from('999-00-1234')))));
         await shutdown();`,
      );
      const finished = await project.node(['index.mjs'], kmsEnvironment(kms));
      expect(finished).toEqual({ exitCode: 0, stdout: '999-00-1234\n', stderr: '' });
      expect(kms.countCalls()).toBe(1);
    });
  });
}
