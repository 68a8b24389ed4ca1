// Builds the WebAssembly module of the batch engine from assembly/gcm-batch.as.
//
//   node scripts/build-wasm.mjs           writes src/batch-engine/gcm-module-bytes.ts
//   node scripts/build-wasm.mjs --check   fails if that file is not what a fresh build gives
import { readFile, writeFile } from 'node:fs/promises';
import asc from 'assemblyscript/asc';

const SOURCE = new URL('../assembly/gcm-batch.as', import.meta.url);
const RESULT = new URL('../src/batch-engine/gcm-module-bytes.ts', import.meta.url);
const LINE_LENGTH = 100;

// The memory never grows: its size is the sum of the memory map in src/batch-engine/memory-map.ts, in pages of 64 KiB.
const PAGES = '7';

async function buildModule() {
  const source = await readFile(SOURCE, 'utf8');
  let bytes;
  const { error, stderr } = await asc.main(
    [
      'gcm-batch.ts',
      ...['--outFile', 'gcm-batch.wasm'],
      ...['--runtime', 'stub', '--noAssert', '--enable', 'simd'],
      ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--converge'],
      ...['--initialMemory', PAGES, '--maximumMemory', PAGES],
    ],
    {
      readFile: (name) => (name === 'gcm-batch.ts' ? source : null),
      writeFile: (_name, contents) => {
        bytes = contents;
      },
      listFiles: () => [],
    },
  );
  const messages = stderr.toString();
  if (error !== null || messages !== '') throw new Error(`The module does not build cleanly.\n${messages}`);
  return Buffer.from(bytes);
}

function asTypeScript(bytes) {
  const lines = bytes.toString('base64').match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g'));
  return [
    '// Made by scripts/build-wasm.mjs from assembly/gcm-batch.as: change that file, not this one.',
    '',
    '/** The WebAssembly module of the batch engine, in base64. */',
    'export const GCM_MODULE_BYTES: string =',
    `${lines.map((line) => `  '${line}'`).join(' +\n')};`,
    '',
  ].join('\n');
}

const built = asTypeScript(await buildModule());
if (process.argv[2] === '--check') {
  if ((await readFile(RESULT, 'utf8')) !== built) {
    console.error(`${RESULT.pathname} is not what assembly/gcm-batch.as gives. Run: node scripts/build-wasm.mjs`);
    process.exitCode = 1;
  }
} else {
  await writeFile(RESULT, built);
}
