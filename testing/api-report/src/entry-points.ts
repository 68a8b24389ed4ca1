import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
const root: string = fileURLToPath(new URL('../../..', import.meta.url));

/** Where the reports are kept. */
export const reportFolder: string = join(root, 'docs/api');

/** A path that applications or providers import, such as `@sqlcrypter/core/provider`. */
export interface EntryPoint {
  readonly specifier: string;
  /** The package's folder. */
  readonly folder: string;
  /** Its declarations, as an ES module sees them. */
  readonly types: string;
  /** The report's file name. */
  readonly report: string;
}

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, unknown>>;
}

/** Every entry point with types of every published package, in the order of their names. */
export function entryPoints(): EntryPoint[] {
  return ['packages', 'testing'].flatMap((parent) =>
    readdirSync(join(root, parent)).flatMap((name) => entryPointsOf(join(root, parent, name))),
  );
}

function entryPointsOf(folder: string): EntryPoint[] {
  const manifest = readManifest(folder);
  if (manifest === undefined || manifest.private === true) return [];
  return Object.entries(manifest.exports ?? {}).flatMap(([path, target]) => {
    const types = typesOf(target);
    if (types === undefined) return [];
    const specifier = path === '.' ? manifest.name : `${manifest.name}/${path.slice(2)}`;
    const report = `${specifier.slice('@sqlcrypter/'.length).replaceAll('/', '-')}.api.md`;
    return [{ specifier, folder, types: join(folder, types), report }];
  });
}

function readManifest(folder: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}

/** The declarations behind the conditions `import` and `types`, however they are nested. */
function typesOf(target: unknown): string | undefined {
  if (typeof target !== 'object' || target === null) return undefined;
  const { import: esm, types } = target as { import?: unknown; types?: unknown };
  return typeof types === 'string' ? types : typesOf(esm);
}
