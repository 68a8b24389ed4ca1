import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const windows = process.platform === 'win32';
const graceMilliseconds = 10_000;
const running = new Map();
let interrupted = false;

/**
 * Runs a command without input and waits for its end. Never rejects: a command that cannot be started has exit code 127.
 * `output: 'collect'` keeps what it prints, `'show'` lets it through to the terminal.
 */
export function runCommand(command, args, { cwd, env = process.env, output = 'show', shell = windows } = {}) {
  return new Promise((resolve) => {
    const printed = [];
    const stream = output === 'collect' ? 'pipe' : 'inherit';
    // A process group of its own, so that an interruption reaches the command and everything it started.
    const child = spawn(command, args, { cwd, env, shell, detached: !windows, stdio: ['ignore', stream, stream] });
    const ended = new Promise((end) => child.once('close', end).once('error', end));
    running.set(child, ended);
    child.stdout?.on('data', (chunk) => printed.push(chunk));
    child.stderr?.on('data', (chunk) => printed.push(chunk));
    const finish = (exitCode) => {
      running.delete(child);
      if (!interrupted) resolve({ exitCode, text: Buffer.concat(printed).toString() });
    };
    child.once('error', (error) => {
      printed.push(Buffer.from(`${command}: ${error.message}\n`));
      finish(127);
    });
    child.once('close', (code, signal) => finish(code ?? 128 + constants.signals[signal]));
  });
}

function signalGroup(child, signal) {
  try {
    if (windows) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // The group has ended in the meantime.
  }
}

async function interrupt(signal) {
  if (interrupted) return;
  interrupted = true;
  const children = [...running.keys()];
  const ends = [...running.values()];
  for (const child of children) signalGroup(child, signal);
  const force = setTimeout(() => {
    for (const child of children) signalGroup(child, 'SIGKILL');
  }, graceMilliseconds);
  await Promise.all(ends);
  clearTimeout(force);
  console.error('\nStopped.');
  process.exit(128 + constants.signals[signal]);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupt(signal));
