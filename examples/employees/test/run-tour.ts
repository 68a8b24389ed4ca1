import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

interface TourRun {
  readonly exitCode: number | null;
  readonly pid: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface TourOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A module that Node loads before the tour. */
  readonly preload?: string;
  /** Told of everything that is printed, as it is printed. */
  readonly onOutput?: (stdout: string, child: ChildProcess) => void;
}

/** Runs the tour as `npm run demo` does, and waits for its end. */
export async function runTour({ env = {}, preload, onOutput }: TourOptions = {}): Promise<TourRun> {
  const child = spawn(process.execPath, [...(preload === undefined ? [] : ['--import', preload]), main], {
    // On a server of its own, unless a test names one.
    env: { ...process.env, SQLCRYPTER_TEST_POSTGRES: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
    onOutput?.(stdout, child);
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [exitCode] = await once(child, 'close');
  return { exitCode, pid: child.pid as number, stdout, stderr };
}
