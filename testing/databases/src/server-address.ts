import { TestDatabaseError } from './test-database-error.js';

/** Where a server listens and who logs in. */
export interface ServerAddress {
  host: string;
  port: number;
  user: string;
  /** Absent where the server asks for none. */
  password?: string;
}

/** A {@link ServerAddress} and one database: what `pg`, `postgres` and `mysql2` take as connection options. */
export interface DatabaseAddress extends ServerAddress {
  database: string;
}

/** What tells the URLs of one kind of server from those of another. */
export interface UrlScheme {
  protocols: readonly string[];
  port: number;
  user: string;
}

/**
 * Reads a server's URL out of an environment variable. What the URL leaves out is taken from `scheme`; its path is not
 * used, as every test has a database of its own.
 *
 * @returns undefined when the variable is not set or empty
 * @throws TestDatabaseError `CONFIG` when it is not a URL of that scheme
 */
export function addressFromEnvironment(variable: string, scheme: UrlScheme): ServerAddress | undefined {
  const value = process.env[variable];
  if (value === undefined || value === '') return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !scheme.protocols.includes(url.protocol) || url.hostname === '') {
    const example = `${scheme.protocols[0]}//${scheme.user}@127.0.0.1:${scheme.port}`;
    throw new TestDatabaseError('CONFIG', `${variable} is not the URL of a server: expected one such as ${example}`);
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? scheme.port : Number(url.port),
    user: decodeURIComponent(url.username) || scheme.user,
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
  };
}

/** The URL of one database. It holds the password, if there is one. */
export function databaseUrl(protocol: string, address: DatabaseAddress): string {
  const { user, password, port, database } = address;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`;
  return `${protocol}//${encodeURIComponent(user)}${secret}@${host}:${port}/${database}`;
}
