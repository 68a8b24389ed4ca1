import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type LocalKms, startLocalKms } from '@sqlcrypter/local-kms';
import { startPostgres, type TestDatabase, type TestServer } from '@sqlcrypter/test-databases';
import { kmsEnvironment, publishedPackages, root } from '@sqlcrypter/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CodeBlock, codeBlocks, inPlace } from './code-blocks.js';
import { type SampleFolder, sampleFolder } from './sample-folder.js';

const packages = publishedPackages().map(({ folder }) => relative(root, folder).replaceAll('\\', '/'));
const readmes = ['README.md', ...packages.map((folder) => `${folder}/README.md`)];

/** What a README shows as TypeScript, or as a program to save and run. */
function samplesOf(readme: string): CodeBlock[] {
  if (!existsSync(join(root, readme))) return [];
  const blocks = codeBlocks(readme, readFileSync(join(root, readme), 'utf8'));
  return blocks.filter(({ language, program }) => language === 'ts' || (language === 'js' && program !== undefined));
}

const fileOf = ({ file, line }: CodeBlock) => `${file.replace(/\.md$/, '').replaceAll('/', '-')}-${line}`;
const samples = readmes.flatMap(samplesOf).map((block) => ({ ...block, place: `${block.file}:${block.line}` }));

let folder: SampleFolder;
let complaints: string[];
let server: TestServer;
let database: TestDatabase;
let kms: LocalKms;

beforeAll(async () => {
  folder = await sampleFolder('readme-samples');
  for (const block of samples) {
    if (block.language === 'ts') await folder.write(`${fileOf(block)}.mts`, inPlace(block));
    // To be saved and run, it must be JavaScript, too.
    if (block.program !== undefined) await folder.write(`${fileOf(block)}.as-it-stands.mjs`, inPlace(block));
  }
  complaints = await folder.compile();
  server = await startPostgres();
  database = await server.createDatabase('readme');
  kms = await startLocalKms();
});
afterAll(async () => {
  await kms?.close();
  await database?.drop();
  await server?.stop();
});

describe.each(samples)('the sample at $place', (block) => {
  const run = (extension: string) =>
    folder.node([`${fileOf(block)}${extension}`], {
      ...kmsEnvironment(kms),
      SQLCRYPTER_KEY: `base64:${randomBytes(32).toString('base64')}`,
      DATABASE_URL: database.url,
    });

  if (block.language === 'ts') {
    it('compiles and runs', async () => {
      const ownComplaints = complaints.filter((line) => line.startsWith(`${fileOf(block)}.mts(`));
      expect(ownComplaints.map((line) => line.replace(`${fileOf(block)}.mts`, block.file))).toEqual([]);
      expect(await run('.mjs')).toMatchObject({ exitCode: 0, stderr: '' });
    });
  }

  if (block.program !== undefined) {
    it(`runs when it is saved as ${block.program}`, async () => {
      expect(await run('.as-it-stands.mjs')).toMatchObject({ exitCode: 0, stderr: '' });
    });
  }
});

it('the compiler complains about nothing but samples', () => {
  const files = samples.map((block) => `${fileOf(block)}.mts(`);
  expect(complaints.filter((line) => !/^\s/.test(line) && !files.some((file) => line.startsWith(file)))).toEqual([]);
});

// The tools for tests show theirs in JavaScript.
it.each(readmes.filter((readme) => !readme.startsWith('testing/')))('%s has a sample', (readme) => {
  expect(samplesOf(readme)).not.toEqual([]);
});
