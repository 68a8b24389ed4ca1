import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root } from '@sqlcrypter/test-support';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CodeBlock, codeBlocks, inPlace } from './code-blocks.js';
import { type SampleFolder, sampleFolder } from './sample-folder.js';

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');

interface Report {
  numPassedTests: number;
  testResults: { assertionResults: { fullName: string; status: string }[] }[];
}

/** The suite for the second sample, of which CONTRIBUTING.md shows no test. */
const providerTest = `
  import { describeCrypterer } from '@sqlcrypter/contract';
  import { generateBytes } from '@sqlcrypter/core';
  import { createFingerprintCrypterer } from '../src/provider.js';

  const [key, otherKey] = [generateBytes(32), generateBytes(32)];
  describeCrypterer({
    name: 'the provider of CONTRIBUTING.md',
    capabilities: { sync: true, closeable: true },
    create: () => createFingerprintCrypterer(key),
    createOther: () => createFingerprintCrypterer(otherKey),
    secrets: [key],
    goFrames: 'none',
  });`;

describe('the samples of CONTRIBUTING.md, word for word', () => {
  let blocks: CodeBlock[];
  let folder: SampleFolder;
  let complaints: string[];

  const named = (name: string): CodeBlock => {
    const block = blocks.find((each) => each.name === name);
    if (block === undefined) throw new Error(`CONTRIBUTING.md has no block after <!-- sample: ${name} -->`);
    return block;
  };

  beforeAll(async () => {
    blocks = codeBlocks('CONTRIBUTING.md', await readFile(join(root, 'CONTRIBUTING.md'), 'utf8'));
    const suite = blocks.find(({ code }) => code.includes('describeCrypterer('));
    if (suite === undefined) throw new Error('CONTRIBUTING.md does not show how to run the contract suite');
    folder = await sampleFolder('contributing-samples');
    await folder.write('src/key-service.ts', inPlace(named('key-service')));
    await folder.write('src/provider.ts', inPlace(named('provider')));
    await folder.write('test/key-service.test.ts', inPlace(suite));
    await folder.write('test/provider.test.ts', providerTest);
    // vitest would go on looking for one in the folders above.
    await folder.write('vitest.config.mjs', 'export default {};');
    complaints = await folder.compile();
  });

  it('compile', () => {
    expect(complaints).toEqual([]);
  });

  it('show a complete key service in under 60 lines', () => {
    expect(named('key-service').code.split('\n').length).toBeLessThan(60);
  });

  it.each([
    { test: 'key-service', suites: 2 },
    { test: 'provider', suites: 1 },
  ])('pass the contract suite: $test', async ({ test, suites }) => {
    const args = ['run', '--root', folder.path, '--reporter=json', `test/${test}.test.ts`];
    const { stdout, stderr } = await folder.node([vitest, ...args]);
    if (stdout === '') throw new Error(`vitest gave no report:\n${stderr}`);
    const { testResults, numPassedTests } = JSON.parse(stdout) as Report;
    const results = testResults.flatMap((file) => file.assertionResults);
    expect(results.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName)).toEqual([]);
    expect(numPassedTests).toBeGreaterThan(suites * 50);
  });
});
