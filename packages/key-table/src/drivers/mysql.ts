import type { Driver, Row } from '../database.js';

/** What is used of a pool or connection of `mysql2/promise`. */
export interface Mysql2PromiseHandle {
  // biome-ignore lint/suspicious/noExplicitAny: parameter and result types differ by version
  execute(sql: string, values: any[]): Promise<any>;
}

/** What is used of a pool or connection of `mysql2`, whose functions take callbacks. */
export interface Mysql2CallbackHandle {
  promise(): Mysql2PromiseHandle;
}

export type Mysql2Handle = Mysql2PromiseHandle | Mysql2CallbackHandle;

export function mysql2Driver(handle: Mysql2Handle): Driver {
  const promised = 'promise' in handle ? handle.promise() : handle;
  return {
    dialect: 'mysql',
    async query(sql, parameters) {
      // Not query(), which writes the parameters into the statement, with escapes that not every SQL mode knows.
      const [rows] = (await promised.execute(sql, [...parameters])) as [unknown];
      return Array.isArray(rows) ? (rows as Row[]) : [];
    },
  };
}
