// Runs commands one after the other on behalf of another process, and outlives it just long enough to clean up. The
// other process holds this one's standard input open: when that ends, be it by SIGKILL, the running command is stopped
// and the folder removed. A handler inside the other process could not promise that.
//
// node guard.mjs '{ "folder": …, "commands": [[program, …arguments], …], "uid"?: …, "gid"?: …, "stopSignal": … }'
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';

const { folder, commands, uid, gid, stopSignal } = JSON.parse(process.argv[2]);
const graceMilliseconds = 5_000;
let stopping = false;
let child;

function stop() {
  if (stopping) return;
  stopping = true;
  child?.kill(stopSignal);
  setTimeout(() => child?.kill('SIGKILL'), graceMilliseconds).unref();
}

// Interrupting the terminal reaches every process in it; the owner decides when the server ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
// Once the owner is gone, nobody reads what is printed.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
process.stdin.on('end', stop).on('error', stop).resume();

let exitCode = 0;
for (const [program, ...args] of commands) {
  if (stopping || exitCode !== 0) break;
  child = spawn(program, args, { cwd: folder, uid, gid, stdio: ['ignore', 'inherit', 'inherit'] });
  try {
    const [code] = await once(child, 'exit');
    exitCode = code ?? 1;
  } catch (error) {
    console.error(`${program} cannot be run: ${error.message}`);
    exitCode = 127;
  }
}
await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
process.exit(exitCode);
