import { join } from 'node:path';
import { runCommand } from './run-command.mjs';
import { step } from './step.mjs';
import { build, install, root } from './workspace.mjs';

/** Installs, builds one package with all it needs, then runs its `dist/main.js` and leaves the output to it. */
export async function runProgram({ packageName, folder, args = [] }) {
  const steps = [
    ['Installing (the first time takes a minute)', install],
    ['Building', () => build([`--filter=${packageName}`])],
  ];
  for (const [name, run] of steps) {
    const { passed } = await step(name, run);
    if (!passed) return 1;
  }
  console.log();
  const cwd = join(root, folder);
  const { exitCode } = await runCommand(process.execPath, ['dist/main.js', ...args], { cwd, shell: false });
  if (exitCode !== 0) console.error(`\n${folder} failed with exit code ${exitCode}.`);
  return exitCode;
}
