import type { FoundServer } from './found-server.js';
import { addressFromEnvironment, type ServerAddress, type UrlScheme } from './server-address.js';
import { TestDatabaseError } from './test-database-error.js';

/** What tells one kind of server from another. */
export interface ServerKind {
  name: string;
  /** The environment variable that holds the URL of a server to use. */
  variable: string;
  scheme: UrlScheme;
  /** Connects, logs in and disconnects. */
  login(address: ServerAddress): Promise<unknown>;
}

/**
 * Finds a server that runs already: the one of the environment variable, else the one at the usual port of 127.0.0.1,
 * where one that refuses the usual user without a password counts as absent.
 *
 * @throws TestDatabaseError `CONFIG` or `UNREACHABLE` when the variable is set but of no use
 */
export async function findRunningServer(kind: ServerKind): Promise<FoundServer | undefined> {
  const named = addressFromEnvironment(kind.variable, kind.scheme);
  if (named !== undefined) {
    const refusal = await refusalOf(kind, named);
    if (refusal === undefined) return { source: 'environment', connection: named };
    const message = `The ${kind.name} server that ${kind.variable} names cannot be used: ${refusal}`;
    throw new TestDatabaseError('UNREACHABLE', message);
  }
  const usual = { host: '127.0.0.1', port: kind.scheme.port, user: kind.scheme.user };
  return (await refusalOf(kind, usual)) === undefined ? { source: 'reachable', connection: usual } : undefined;
}

async function refusalOf(kind: ServerKind, address: ServerAddress): Promise<string | undefined> {
  try {
    await kind.login(address);
    return undefined;
  } catch (error) {
    // When a host has several addresses and all refuse, the message is empty.
    const { message, code } = error as Error & { code?: string };
    return message || code || 'unknown reason';
  }
}
