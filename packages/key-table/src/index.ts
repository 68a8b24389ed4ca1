export { createKeyTable, type KeyTableOptions } from './create-key-table.js';
export { type KeyTableDialect, keyTableSql } from './dialect.js';
export type { Mysql2CallbackHandle, Mysql2Handle, Mysql2PromiseHandle } from './drivers/mysql.js';
export type { PgHandle, PostgresJsHandle } from './drivers/postgres.js';
export type { SqliteHandle } from './drivers/sqlite.js';
export type { ImportResult, KeyTable } from './key-table.js';
