import { describeDriver } from './describe-driver.js';
import { betterSqlite3Driver, loadBetterSqlite3 } from './drivers/better-sqlite3.js';
import { libsqlDriver } from './drivers/libsql.js';
import { nodeSqlite3WasmDriver } from './drivers/node-sqlite3-wasm.js';

describeDriver(nodeSqlite3WasmDriver);
describeDriver(betterSqlite3Driver(await loadBetterSqlite3()));
describeDriver(libsqlDriver);
