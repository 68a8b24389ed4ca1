import { readFile } from 'node:fs/promises';
import { checkPackage, createPackageFromTarballData, type Package } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Manifest, publishedPackages } from '../support/workspace.js';
import type { Tarballs } from './tarballs.js';

const required = ['package.json', 'LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts'];
const allowed = /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|(?:dist|src|bin|migrations)\/.+)$/;
const ofTests =
  /(?:^|\/)(?:tests?|vectors|coverage|test-results)\/|\.(?:test|test-d|spec)\.|tsbuildinfo|vitest\.config/;

/** The packages are ES modules: these two ways of resolution know CommonJS only. */
const unsupportedResolutions = ['node10', 'node16-cjs'];

/** What is inside of each tarball. */
export function tarballContents(tarballs: Tarballs): void {
  describe.each(publishedPackages())('the tarball of $name', ({ name }) => {
    let tarball: Uint8Array<ArrayBuffer>;
    let unpacked: Package;
    let files: string[];

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
      const sources = files.map((path) => /^dist\/(.+?)(?:\.d)?\.(?:ts|js)(?:\.map)?$/.exec(path)?.[1]);
      // What entries share is bundled into chunks, whose names are those of no source.
      const names = sources.filter((source) => source !== undefined && !source.startsWith('chunks/'));
      expect(names.filter((source) => !files.includes(`src/${source}.ts`))).toEqual([]);
    });

    it('says where everything comes from without the workspace', () => {
      const text = unpacked.readFile(`/node_modules/${name}/package.json`);
      expect(text).not.toMatch(/workspace:|catalog:/);
      const { dependencies = {} } = JSON.parse(text) as Manifest;
      for (const range of Object.values(dependencies)) expect(range).toMatch(/^\^?\d+\.\d+\.\d+$/);
    });

    it('has no fault that publint knows', async () => {
      const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true });
      expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
    });

    it('has types that every resolver of ES modules finds', async () => {
      const result = await checkPackage(unpacked);
      if (!result.types) throw new Error(`${name} has no types`);
      const isSupported = (resolution: string) => !unsupportedResolutions.includes(resolution);
      const problems = result.problems.filter(
        (each) => !('resolutionKind' in each) || isSupported(each.resolutionKind),
      );
      expect(problems).toEqual([]);
    });
  });
}
