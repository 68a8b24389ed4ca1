import { readFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/**
 * Bundles the package in the current folder: one file for each entry of its `exports`, and what entries share. Importing
 * costs Node time per file, and the sources are many small ones. Types and source maps lead back to `src`.
 */
const { exports } = JSON.parse(readFileSync(join(process.cwd(), 'package.json'), 'utf8'));
const entries = Object.values(exports)
  .map((entry) => entry.default)
  .filter((file) => file?.startsWith('./dist/'))
  .map((file) => file.slice('./dist/'.length, -'.js'.length));

// Files of an earlier build, bundled otherwise or not at all, would be published with this one.
for (const file of await readdir('dist', { recursive: true })) {
  if (/\.js(\.map)?$/.test(file)) await rm(join('dist', file));
}

const bundle = await rolldown({
  input: Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
  platform: 'node',
  external: /^[^./]/,
});
await bundle.write({
  dir: 'dist',
  format: 'esm',
  sourcemap: true,
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name].js',
});
await bundle.close();
