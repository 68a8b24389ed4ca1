import './require-node.mjs';
import { runProgram } from './run-program.mjs';

process.exitCode = await runProgram({ packageName: '@sqlcrypter/api-report', folder: 'testing/api-report', args: [] });
