import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { whenTestEnds } from './when-test-ends.js';

export interface Ended {
  /** Null if it had to be killed: it did not end by itself. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a module's text in a process of its own, which imports the built package by its name. */
export async function runModule(text: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', text], {
    cwd: PACKAGE,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const guard = setTimeout(() => child.kill('SIGKILL'), 25_000);
  whenTestEnds(() => clearTimeout(guard));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(guard);
  return { code, stdout, stderr };
}
