import type { Driver, Row } from '../database.js';

/** What is used of a pool or connection of `mysql2/promise`; of one of `mysql2` its `promise()` is. */
export interface Mysql2Handle {
  // biome-ignore lint/suspicious/noExplicitAny: parameter and result types differ by version
  query(sql: string, values: any[]): Promise<any>;
}

export function mysql2Driver(handle: Mysql2Handle): Driver {
  return {
    dialect: 'mysql',
    async query(sql, parameters) {
      const [rows] = (await handle.query(sql, [...parameters])) as [unknown];
      return Array.isArray(rows) ? (rows as Row[]) : [];
    },
  };
}
