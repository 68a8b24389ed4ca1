export { databaseFiles, type NamedBytes, walFiles } from './database-files.js';
export { type Dump, dumpPostgres } from './dump-postgres.js';
export type { FoundServer } from './found-server.js';
export { mariadbSkipReason, type StartMariadbOptions, startMariadb } from './mariadb-server.js';
export { type StartPostgresOptions, startPostgres } from './postgres-server.js';
export { type PlaintextFinding, type PlaintextForm, searchForPlaintext } from './search-for-plaintext.js';
export type { DatabaseAddress, ServerAddress } from './server-address.js';
export { TestDatabaseError, type TestDatabaseErrorCode } from './test-database-error.js';
export type { TestDatabase, TestServer } from './test-server.js';
