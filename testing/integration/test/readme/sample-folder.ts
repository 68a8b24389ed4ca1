import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandOf, type Finished, type RunOptions, runNode } from '@sqlcrypter/test-support';

const tsc = commandOf(createRequire(import.meta.url).resolve('typescript/package.json'), 'tsc');

/** As in a strict project of a user. Maps lead from what is run to the lines of the Markdown file. */
const compilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  module: 'nodenext',
  target: 'ES2023',
  lib: ['ES2023', 'ESNext.Disposable'],
  types: ['node'],
  skipLibCheck: true,
  inlineSourceMap: true,
};

/** A folder for code from Markdown files, below this package, whose dependencies the code can import. */
export interface SampleFolder {
  path: string;
  /** Writes a file, in folders below if its name has some. */
  write(name: string, content: string): Promise<void>;
  /** Compiles all files and gives what the compiler says, line by line. */
  compile(): Promise<string[]>;
  node(args: readonly string[], env?: RunOptions['env']): Promise<Finished>;
}

/** A new and empty folder. It stays after the tests, to be looked at, until they run again. */
export async function sampleFolder(name: string): Promise<SampleFolder> {
  const path = fileURLToPath(new URL(`../../test-results/${name}`, import.meta.url));
  const write = async (file: string, content: string) => {
    await mkdir(dirname(join(path, file)), { recursive: true });
    await writeFile(join(path, file), content);
  };
  await rm(path, { recursive: true, force: true });
  await write('package.json', JSON.stringify({ type: 'module' }));
  await write('tsconfig.json', JSON.stringify({ compilerOptions }));
  return {
    path,
    write,
    async compile() {
      const { stdout } = await runNode([tsc, '--pretty', 'false', '-p', path], { cwd: path });
      return stdout.split('\n').filter((line) => line !== '');
    },
    node: (args, env = {}) => runNode(['--enable-source-maps', ...args], { cwd: path, env }),
  };
}
