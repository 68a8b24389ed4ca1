import { spawn } from 'node:child_process';

/** What a program that ran to its end left behind. */
export interface Finished {
  readonly exitCode: number;
  /** Both streams, as they came. */
  readonly text: string;
}

/** Runs a program and keeps what it prints. An exit code other than 0 is a result; one that cannot start has 127. */
export function run(program: string, args: readonly string[], cwd: string): Promise<Finished> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const child = spawn(program, args, { cwd, shell: process.platform === 'win32', stdio: ['ignore', 'pipe', 'pipe'] });
    const finish = (exitCode: number): void => resolve({ exitCode, text: Buffer.concat(chunks).toString() });
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.once('error', (error) => {
      chunks.push(Buffer.from(error.message));
      finish(127);
    });
    child.once('close', (code) => finish(code ?? 130));
  });
}

/** As {@link run}, for a program that must succeed: what it printed is the error's message otherwise. */
export async function runOrThrow(program: string, args: readonly string[], cwd: string): Promise<void> {
  const { exitCode, text } = await run(program, args, cwd);
  if (exitCode !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${text}`);
}
