import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Figure } from './figure.js';
import { median } from './interleave.js';

/** What importing a package costs, in a process of its own each time: the median over the rounds, in milliseconds. */
function importTime(specifier: string, rounds: number): number {
  const script =
    `const start = performance.now(); await import(${JSON.stringify(specifier)}); ` +
    'console.log(performance.now() - start);';
  const folder = fileURLToPath(new URL('..', import.meta.url));
  const times = Array.from({ length: rounds }, () =>
    Number(
      execFileSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: folder, encoding: 'utf8' }),
    ),
  );
  return median(times);
}

export function measureImports(rounds: number): Figure[] {
  return [
    { name: 'import @sqlcrypter/aes', value: importTime('@sqlcrypter/aes', rounds), unit: 'ms', atMost: 20 },
    { name: 'import @sqlcrypter/awskms', value: importTime('@sqlcrypter/awskms', rounds), unit: 'ms', atMost: 40 },
  ];
}
