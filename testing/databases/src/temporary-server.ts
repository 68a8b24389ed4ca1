import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FoundServer } from './found-server.js';
import { freePort } from './free-port.js';
import { runGuarded } from './guarded-process.js';
import { type ServerAccount, serverAccount, temporaryServerFolder } from './server-account.js';
import type { ServerAddress } from './server-address.js';
import { TestDatabaseError } from './test-database-error.js';

const attempts = 3;
const portTaken = /could not bind|address already in use/i;

/** Where a server can live. */
interface ServerPlace {
  /** A new folder, for `account` alone. */
  folder: string;
  /** Inside of `folder`; does not exist yet. */
  dataDirectory: string;
  /** A free port of 127.0.0.1. */
  port: number;
  /** Who runs the server, where that is not the current user. */
  account: ServerAccount | undefined;
}

/** How to run a kind of server. */
export interface TemporaryServerOptions {
  name: string;
  /** Users of the operating system, the first of which that exists runs the server where the current one is root. */
  accounts: readonly string[];
  /** What asks the server to stop. */
  stopSignal: NodeJS.Signals;
  /** What the server prints once it accepts connections. */
  ready: string;
  /** The commands that set up and run the server, the last one being the server, and who may then log in. */
  plan(place: ServerPlace): Promise<{ commands: string[][]; login: Omit<ServerAddress, 'host' | 'port'> }>;
}

/**
 * Starts a server in a new temporary folder.
 *
 * @throws TestDatabaseError `START_FAILED` with the end of what the commands printed
 */
export async function startTemporaryServer(options: TemporaryServerOptions): Promise<FoundServer> {
  for (let attempt = 1; ; attempt++) {
    const place = await findPlace(options);
    try {
      return await start(options, place);
    } catch (error) {
      await rm(place.folder, { recursive: true, force: true });
      // Another process may take the port in the second before the server does.
      const again = attempt < attempts && error instanceof TestDatabaseError && portTaken.test(error.message);
      if (!again) throw error;
    }
  }
}

async function findPlace({ name, accounts }: TemporaryServerOptions): Promise<ServerPlace> {
  const account = serverAccount(accounts);
  const folder = await temporaryServerFolder(name.toLowerCase(), account);
  return { folder, dataDirectory: join(folder, 'data'), port: await freePort(), account };
}

async function start(options: TemporaryServerOptions, place: ServerPlace): Promise<FoundServer> {
  const { name, ready, stopSignal } = options;
  const { folder, dataDirectory, port, account } = place;
  const { commands, login } = await options.plan(place);
  const server = await runGuarded({ folder, commands, ...account, stopSignal }, ready);
  if (!server.started) throw new TestDatabaseError('START_FAILED', `${name} did not start:\n${server.printed}`);
  const connection = { host: '127.0.0.1', port, ...login };
  return { source: 'embedded', connection, dataDirectory, log: () => server.printed, stop: server.stop };
}
