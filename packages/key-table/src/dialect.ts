import { SqlcrypterError } from '@sqlcrypter/core';
import { MIGRATIONS } from './migrations.js';

/** The SQL dialects that a key table is kept in; `mysql` is MariaDB's too. */
export type KeyTableDialect = 'postgres' | 'mysql' | 'sqlite';

/**
 * The statements that create the key table, to be run one by one by whoever may create tables and triggers. The same
 * text is in the package as `migrations/postgres.sql`, `migrations/mysql.sql` and `migrations/sqlite.sql`.
 *
 * Errors: `CONFIG`.
 */
export function keyTableSql(dialect: KeyTableDialect): readonly string[] {
  if (!Object.keys(MIGRATIONS).includes(dialect)) {
    throw new SqlcrypterError('CONFIG', "Unknown dialect. Expected 'postgres', 'mysql' (also MariaDB) or 'sqlite'.");
  }
  // In the files a blank line stands between two statements. DELIMITER is for the command line client only.
  return MIGRATIONS[dialect]
    .trim()
    .split(/\n{2,}/)
    .map((statement) =>
      statement
        .replace(/^DELIMITER \/\/\n/, '')
        .replace(/ \/\/\nDELIMITER ;$/, '')
        .replace(/;$/, ''),
    );
}
