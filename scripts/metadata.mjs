import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));

/** The address of the repository, which the root's package.json states for all packages. */
export const { repository } = read('.');

/** Whether it is a real one: nothing can be released before, since npm's provenance names it. */
export const isRepositorySet = !new URL(repository.url.replace(/^git\+/, '')).hostname.endsWith('.invalid');

/** The folders of the published packages. */
export function publishedFolders() {
  return ['packages', 'testing']
    .flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`))
    .filter((folder) => existsSync(join(root, folder, 'package.json')) && read(folder).private !== true);
}

/** A published package's manifest, with what tells where it comes from. */
export function withMetadata(folder) {
  const {
    name,
    version,
    description,
    keywords,
    license,
    repository: _,
    homepage: __,
    bugs: ___,
    ...rest
  } = read(folder);
  const web = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
  return {
    ...{ name, version, description, keywords, license },
    homepage: `${web}/tree/main/${folder}#readme`,
    bugs: `${web}/issues`,
    repository: { ...repository, directory: folder },
    ...rest,
  };
}

/** What stands in a published package's manifest now. */
export { read as readManifest };

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const folder of publishedFolders()) {
    writeFileSync(join(root, folder, 'package.json'), `${JSON.stringify(withMetadata(folder), undefined, 2)}\n`);
  }
}
