import { randomBytes } from 'node:crypto';
import { TestDatabaseError } from './test-database-error.js';

const longestPrefix = 20;

/**
 * A name that no other test uses: `sqlcrypter_test_<prefix>_<process id>_<random>`. It needs no quotes in SQL and fits
 * PostgreSQL's 63 bytes.
 *
 * @param prefix 1 to 20 of the characters `a-z`, `0-9`, `_`; it tells whoever finds the database where it comes from
 * @throws TestDatabaseError `CONFIG` for any other prefix
 */
export function testDatabaseName(prefix: string): string {
  if (!/^[a-z0-9_]+$/.test(prefix) || prefix.length > longestPrefix) {
    throw new TestDatabaseError(
      'CONFIG',
      `A database prefix has 1 to ${longestPrefix} of the characters a-z, 0-9 and _; got ${JSON.stringify(prefix)}`,
    );
  }
  return `sqlcrypter_test_${prefix}_${process.pid}_${randomBytes(4).toString('hex')}`;
}
