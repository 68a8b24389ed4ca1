import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A web server of a project, which runs until it is disposed. */
export interface ServerProcess extends AsyncDisposable {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /** What it has printed so far. */
  output(): string;
}

const address = /http:\/\/(?:localhost|127\.0\.0\.1):\d+(?=\s)/;
const startTimeout = 120_000;
const stopTimeout = 10_000;

/** Starts a JavaScript program that prints the address it listens at. Rejects with its output if it does not come. */
export async function startServer(
  args: readonly string[],
  { cwd, env = {} }: { cwd: string; env?: Record<string, string> },
): Promise<ServerProcess> {
  const { NODE_ENV: _, NODE_OPTIONS: __, ...inherited } = process.env;
  // A process group of its own, because development servers work in child processes.
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...(inherited as NodeJS.ProcessEnv), ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  let printed = '';
  const listening = new Promise<string>((resolve, reject) => {
    const fail = () => reject(new Error(`${args.join(' ')} did not begin to listen:\n${printed}`));
    const timer = setTimeout(fail, startTimeout);
    child.once('close', fail);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        printed += chunk;
        const [url] = address.exec(printed) ?? [];
        if (url === undefined) return;
        clearTimeout(timer);
        resolve(url);
      });
    }
  });
  const stop = async () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const group = -child.pid;
      process.kill(group, 'SIGTERM');
      const timer = setTimeout(() => process.kill(group, 'SIGKILL'), stopTimeout);
      await ended;
      clearTimeout(timer);
    }
  };
  try {
    return { url: await listening, output: () => printed, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
