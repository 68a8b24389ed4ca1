import './require-node.mjs';
import { runProgram } from './run-program.mjs';

process.exitCode = await runProgram({ packageName: '@sqlcrypter/example-employees', folder: 'examples/employees' });
