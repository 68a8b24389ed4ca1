import { randomBytes } from 'node:crypto';
import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FoundServer } from './found-server.js';
import { installedBinaries, usableBinaries } from './postgres-binaries.js';
import { startTemporaryServer } from './temporary-server.js';

const settings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  // The data does not outlive the process, so there is no crash to be safe from.
  'fsync=off',
];

/** Starts PostgreSQL from an npm package on a free port of 127.0.0.1, with a random password. Takes 1 to 3 seconds. */
export function startEmbeddedPostgres(): Promise<FoundServer> {
  return startTemporaryServer({
    name: 'PostgreSQL',
    accounts: ['postgres', 'nobody'],
    stopSignal: 'SIGINT',
    ready: 'database system is ready to accept connections',
    async plan({ account, dataDirectory, folder, port }) {
      const { initdb, postgres } = await usableBinaries(installedBinaries(), account, folder);
      const login = { user: 'postgres', password: randomBytes(16).toString('hex') };
      const passwordFile = join(folder, 'password');
      await writeFile(passwordFile, login.password, { mode: 0o600 });
      if (account !== undefined) await chown(passwordFile, account.uid, account.gid);
      const access = [`--username=${login.user}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
      return {
        commands: [
          [initdb, `--pgdata=${dataDirectory}`, ...access, '--encoding=UTF8', '--no-locale', '--no-sync'],
          [postgres, '-D', dataDirectory, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
        ],
        login,
      };
    },
  });
}
