import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runCommand } from './run-command.mjs';

/** The repository's root folder. */
export const root = fileURLToPath(new URL('..', import.meta.url));

const environment = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' };

/** Installs what the lock file names. Brings pnpm along, in the version that package.json states; needs npm only. */
export async function install() {
  const { packageManager } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  // Inside npx, PATH begins with the folder that holds this pnpm. turbo looks for it there, too.
  const located = await runNpx(['--yes', '--package', packageManager, '--', 'node', '-p', 'process.env.PATH']);
  if (located.exitCode !== 0) return located;
  environment.PATH = located.text.trimEnd().split('\n').at(-1);
  return pnpm(['install', '--frozen-lockfile', '--config.confirm-modules-purge=false']);
}

/** Runs pnpm in the root folder, after `install`. */
export function pnpm(args, { output = 'collect' } = {}) {
  return runCommand('pnpm', args, { cwd: root, env: environment, output });
}

/** Runs a turbo task, after `install`. */
export function turbo(args, options) {
  return pnpm(['exec', 'turbo', 'run', ...args], options);
}

/** Builds the package and what it needs, or with no name everything. */
export function build(filter = []) {
  return turbo(['build', '--output-logs=errors-only', '--continue=dependencies-successful', ...filter]);
}

function runNpx(args) {
  return runCommand('npx', args, {
    cwd: root,
    env: { ...environment, npm_config_loglevel: 'error' },
    output: 'collect',
  });
}
