import type { ServerAddress } from './server-address.js';

/** A server that accepts connections. */
export interface FoundServer {
  /** Named by an environment variable, found at its usual address, or started for this run. */
  readonly source: 'environment' | 'reachable' | 'embedded';
  readonly connection: ServerAddress;
  /** Where the server's files lie, when it was started for this run. */
  readonly dataDirectory?: string;
  /** The last 4,000 characters of its log, when it was started for this run. */
  log?(): string;
  /** Ends the server and removes its files, when it was started for this run. */
  stop?(): Promise<void>;
}
