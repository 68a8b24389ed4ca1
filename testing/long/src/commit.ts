import { spawnSync } from 'node:child_process';
import { root } from './workspace.js';

/** Which state of the repository is tested. What the program writes itself is no change of it. */
export function commit(): string {
  const git = (...args: string[]): string =>
    spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout?.trim() ?? '';
  const changed = git('status', '--porcelain', '--', ':!docs/test-long.md') !== '';
  return `${git('rev-parse', '--short', 'HEAD') || 'unknown'}${changed ? ' with changes' : ''}`;
}
