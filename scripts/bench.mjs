import './require-node.mjs';
import { runProgram } from './run-program.mjs';

process.exitCode = await runProgram({
  packageName: '@sqlcrypter/benchmarks',
  folder: 'benchmarks',
  args: process.argv.slice(2),
});
