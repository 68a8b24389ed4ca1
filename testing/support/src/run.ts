import { execFile } from 'node:child_process';

/** What a program that ran to its end left behind. */
export interface Finished {
  /** null where a signal ended it. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd: string;
  /** Added to this process's environment. */
  env?: Record<string, string | undefined>;
}

const largestOutput = 64 * 1024 * 1024;

/** Runs a program to its end; an exit code other than 0 is a result, not an error. */
export function run(program: string, args: readonly string[], { cwd, env }: RunOptions): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env: { ...ownEnvironment(), ...env }, maxBuffer: largestOutput };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (child.exitCode === null && child.signalCode === null) reject(error);
      else resolve({ exitCode: child.exitCode, stdout, stderr });
    });
    child.stdin?.end();
  });
}

/** Runs a JavaScript program with the Node that runs the tests. */
export function runNode(args: readonly string[], options: RunOptions): Promise<Finished> {
  return run(process.execPath, args, options);
}

/** What a user's shell has: without what vitest tells its workers. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const ours = (name: string) => name === 'NODE_ENV' || name === 'NODE_OPTIONS' || name.startsWith('VITEST');
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours(name)));
}
