import { readFile } from 'node:fs/promises';
import { checkPackage, createPackageFromTarballData, type Package } from '@arethetypeswrong/core';
import { type Manifest, publishedPackages, type Tarballs } from '@sqlcrypter/test-support';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { beforeAll, describe, expect, it } from 'vitest';

const built = ['dist/index.js', 'dist/index.d.ts', 'dist/cjs/index.js', 'dist/cjs/index.d.ts', 'dist/cjs/package.json'];
const required = ['package.json', 'LICENSE', 'README.md', ...built, 'src/index.ts'];
const allowed = /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|(?:dist|src|bin|migrations)\/.+)$/;
const ofTests =
  /(?:^|\/)(?:tests?|vectors|coverage|test-results)\/|\.(?:test|test-d|spec)\.|tsbuildinfo|vitest\.config/;

/** What finds files beside the module: a bundle has none, and each is missing in one of the two formats. */
const besideTheModule = /\bimport\.meta\b|\b__(?:dirname|filename)\b|\bcreateRequire\b/;

/** Knows no values of another realm: in Jest, a program's realm is not that of Node's own modules. */
const ofOwnRealm =
  /\binstanceof (?:Promise|Uint8Array|ArrayBuffer|SharedArrayBuffer|Date|RegExp|Map|Set|Array|Object)\b/;

/** What is inside of each tarball. */
export function tarballContents(tarballs: Tarballs): void {
  describe.each(publishedPackages())('the tarball of $name', ({ name }) => {
    let tarball: Uint8Array<ArrayBuffer>;
    let unpacked: Package;
    let files: string[];
    const read = (path: string) => unpacked.readFile(`/node_modules/${name}/${path}`);

    beforeAll(async () => {
      tarball = Uint8Array.from(await readFile(tarballs.of(name)));
      unpacked = createPackageFromTarballData(tarball);
      files = unpacked.listFiles().map((path) => path.replace(`/node_modules/${name}/`, ''));
    });

    it('holds licence, README, built code and sources, and nothing of the tests', () => {
      expect(required.filter((path) => !files.includes(path))).toEqual([]);
      expect(files.filter((path) => !allowed.test(path) || ofTests.test(path))).toEqual([]);
    });

    it('holds nothing built from sources that are gone', () => {
      const sources = files.map((path) => /^dist\/(?:cjs\/)?(.+?)(?:\.d)?\.(?:ts|js)(?:\.map)?$/.exec(path)?.[1]);
      // What entries share is bundled into chunks, whose names are those of no source.
      const names = sources.filter((source) => source !== undefined && !source.startsWith('chunks/'));
      expect(names.filter((source) => !files.includes(`src/${source}.ts`))).toEqual([]);
    });

    it('says where everything comes from without the workspace', () => {
      const text = read('package.json');
      expect(text).not.toMatch(/workspace:|catalog:/);
      const { dependencies = {} } = JSON.parse(text) as Manifest;
      for (const range of Object.values(dependencies)) expect(range).toMatch(/^\^?\d+\.\d+\.\d+$/);
    });

    it('has no fault that publint knows', async () => {
      const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true });
      expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
    });

    it('has types that every resolver finds, for import and for require', async () => {
      const result = await checkPackage(unpacked);
      if (!result.types) throw new Error(`${name} has no types`);
      expect(result.problems).toEqual([]);
    });

    it('looks for nothing beside its modules', () => {
      const code = files.filter((path) => path.endsWith('.js'));
      expect(code.filter((path) => besideTheModule.test(read(path)))).toEqual([]);
    });

    it('knows values of every realm', () => {
      const code = files.filter((path) => path.endsWith('.js'));
      expect(code.filter((path) => ofOwnRealm.test(read(path)))).toEqual([]);
    });

    it('is strict in CommonJS, as ES modules are', () => {
      const code = files.filter((path) => path.startsWith('dist/cjs/') && path.endsWith('.js'));
      expect(code.filter((path) => !/^"use strict";\n/.test(read(path)))).toEqual([]);
    });

    it('tells bundlers of both formats what may be left out', () => {
      expect(JSON.parse(read('package.json'))).toMatchObject({ type: 'module', sideEffects: false });
      expect(JSON.parse(read('dist/cjs/package.json'))).toEqual({ type: 'commonjs', sideEffects: false });
    });

    it('names its dependencies, or holds their code with their licences', () => {
      const { dependencies = {}, peerDependencies = {} } = JSON.parse(read('package.json')) as Manifest;
      const declared = Object.keys({ ...dependencies, ...peerDependencies });
      const code = files.filter((path) => path.startsWith('dist/cjs/') && path.endsWith('.js'));
      const used = code.flatMap((path) => [...read(path).matchAll(/\brequire\("((?:@[^/"]+\/)?[^./"][^/"]*)/g)]);
      const missing = used.map(([, id]) => id as string).filter((id) => !id.startsWith('node:'));
      expect(missing.filter((id) => !declared.includes(id))).toEqual([]);

      const maps = files.filter((path) => path.startsWith('dist/cjs/') && path.endsWith('.js.map'));
      const foreign = maps.flatMap((path) => [...read(path).matchAll(/node_modules\/((?:@[^/]+\/)?[^/.][^/"]*)/g)]);
      const names = new Set(foreign.map(([, id]) => id as string));
      const licences = files.includes('dist/cjs/THIRD-PARTY-LICENSES.txt')
        ? read('dist/cjs/THIRD-PARTY-LICENSES.txt')
        : '';
      expect([...licences.matchAll(/^(\S+) \d+\.\d+\.\d+$/gm)].map(([, id]) => id)).toEqual([...names].sort());
    });
  });
}
