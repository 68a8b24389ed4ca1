import './require-node.mjs';
import { runProgram } from './run-program.mjs';

// Every package is built: the published ones are packed, and some tests run what is built.
process.exitCode = await runProgram({
  packageName: '*',
  folder: 'testing/long',
  args: process.argv.slice(2),
});
