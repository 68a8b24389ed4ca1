import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

const guard = fileURLToPath(new URL('../guard.mjs', import.meta.url));
const keptCharacters = 4_000;

/** What the guard is told. */
export interface GuardedJob {
  /** The working folder of the commands. The guard removes it in the end. */
  folder: string;
  /** Programs with their arguments, run one after the other. */
  commands: readonly (readonly string[])[];
  uid?: number;
  gid?: number;
  /** What asks a command to stop. */
  stopSignal: NodeJS.Signals;
}

/** Commands under guard. */
export interface GuardedProcess {
  /** Whether `ready` was printed; otherwise the commands have come to their end. */
  started: boolean;
  /** The end of what the commands have printed so far. */
  readonly printed: string;
  /** Ends the commands, removes the folder, and waits for both. */
  stop(): Promise<void>;
}

/**
 * Runs commands that end with this process, however this process ends, and waits until they print `ready`. They do not
 * keep this process alive.
 */
export async function runGuarded(job: GuardedJob, ready: string): Promise<GuardedProcess> {
  const child = spawn(process.execPath, [guard, JSON.stringify(job)], {
    // Out of this process's group: whoever kills the group leaves the guard its time to clean up.
    detached: true,
    windowsHide: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    // `ready` is in English.
    env: { ...process.env, LC_ALL: 'C' },
  });
  const exited = once(child, 'exit');
  let printed = '';
  const started = await new Promise<boolean>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      printed = (printed + chunk.toString()).slice(-keptCharacters);
      if (printed.includes(ready)) resolve(true);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    child.once('close', () => resolve(false));
  });
  letThisProcessEnd(child);
  return {
    started,
    get printed() {
      return printed.trim();
    },
    async stop() {
      child.ref();
      child.stdin.end();
      await exited;
    },
  };
}

function letThisProcessEnd(child: ChildProcess): void {
  child.unref();
  // Node's types do not tell that the pipes of a child process are sockets.
  for (const pipe of [child.stdin, child.stdout, child.stderr]) (pipe as Socket | null)?.unref();
}
