import { readFileSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import { bundledLicenses } from './bundled-licenses.mjs';

/**
 * Builds the package in the current folder for `import` (dist) and for `require` (dist/cjs): one file for each entry of
 * its `exports`, and what entries share. Importing costs Node time per file, and the sources are many small ones. Types
 * and source maps lead back to `src`.
 *
 *   node bundle.mjs [entry...]    further entries for `import` only, such as a command line
 */
const manifest = readManifest('.');
const entries = Object.values(manifest.exports)
  .map((entry) => entry.import?.default)
  .filter((file) => file !== undefined)
  .map((file) => file.slice('./dist/'.length, -'.js'.length));

const packageOf = (id) => /^(?:@[^/]+\/)?[^/]+/.exec(id)?.[0];
const dependencies = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
const required = dependencies.filter((name) => !isEsModuleOnly(readManifest(join('node_modules', name))));

// Files of an earlier build, bundled otherwise or not at all, would be published with this one.
for (const file of await readdir('dist', { recursive: true })) {
  if (/\.js(\.map)?$/.test(file)) await rm(join('dist', file));
}
await rm('dist/cjs', { recursive: true, force: true });

await build([...entries, ...process.argv.slice(2)], 'esm', 'dist', /^[^./]/);
// What cannot be required goes into the build: Jest, for one, has no require() of ES modules.
const isRequired = (id) => id.startsWith('node:') || required.includes(packageOf(id));
const chunks = await build(entries, 'cjs', 'dist/cjs', (id) => isRequired(id));

// The nearest package.json says how Node reads a file, and whether a bundler may leave it out.
const nearest = { type: 'commonjs', sideEffects: manifest.sideEffects };
await writeFile('dist/cjs/package.json', `${JSON.stringify(nearest, undefined, 2)}\n`);
await copyDeclarations();
const licenses = await bundledLicenses(chunks.flatMap(({ moduleIds }) => moduleIds));
if (licenses !== '') await writeFile('dist/cjs/THIRD-PARTY-LICENSES.txt', licenses);

function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

function isEsModuleOnly({ type, exports }) {
  return type === 'module' && !JSON.stringify(exports ?? '').includes('"require"');
}

async function build(names, format, dir, external) {
  const input = Object.fromEntries(names.map((name) => [name, `src/${name}.ts`]));
  const bundle = await rolldown({ input, platform: 'node', external });
  const { output } = await bundle.write({
    dir,
    format,
    sourcemap: true,
    // ES modules are strict without a word; CommonJS has to be told.
    strict: true,
    // The sources themselves are published.
    sourcemapExcludeSources: true,
    // What is imported late must be required late.
    dynamicImportInCjs: false,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
  });
  await bundle.close();
  return output.filter(({ type }) => type === 'chunk');
}

/** TypeScript reads a declaration as CommonJS only where the nearest package.json says so. */
async function copyDeclarations() {
  const files = (await readdir('dist', { recursive: true })).filter((file) => /\.d\.ts(\.map)?$/.test(file));
  for (const file of files) {
    const copy = join('dist/cjs', file);
    await mkdir(dirname(copy), { recursive: true });
    if (!file.endsWith('.map')) {
      await cp(join('dist', file), copy);
      continue;
    }
    const map = JSON.parse(await readFile(join('dist', file), 'utf8'));
    await writeFile(copy, JSON.stringify({ ...map, sources: map.sources.map((source) => `../${source}`) }));
  }
}
