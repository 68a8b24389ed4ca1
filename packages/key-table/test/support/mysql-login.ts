import type { Pool, PoolOptions } from 'mysql2/promise';

/** What a further pool to the same database is made with. */
export function loginOf({ options }: { readonly options: object }): PoolOptions {
  const { mysql2 } = options as { readonly mysql2: Pool };
  const { host, port, user, password, database } =
    (mysql2.pool.config as { connectionConfig?: PoolOptions }).connectionConfig ?? {};
  return { host, port, user, ...(password && { password }), database } as PoolOptions;
}
