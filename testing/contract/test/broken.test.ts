import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { aliasedOutput } from '../broken/aliased-output.js';
import type { BadProvider } from '../broken/bad-provider.js';
import { beforeFinal } from '../broken/before-final.js';
import { cachedRejection } from '../broken/cached-rejection.js';
import { concatenatedContext } from '../broken/concatenated-context.js';
import { constantNonce } from '../broken/constant-nonce.js';
import { emptyToNull } from '../broken/empty-to-null.js';
import { equalToAll } from '../broken/equal-to-all.js';
import { errorToCiphertext } from '../broken/error-to-ciphertext.js';
import { errorToNull } from '../broken/error-to-null.js';
import { createHandmadeCrypterer } from '../broken/handmade-crypterer.js';
import { identity } from '../broken/identity.js';
import { ignoredAbort } from '../broken/ignored-abort.js';
import { ignoredContext } from '../broken/ignored-context.js';
import { mutatedInput } from '../broken/mutated-input.js';
import { partialHeader } from '../broken/partial-header.js';
import { plaintextInCause } from '../broken/plaintext-in-cause.js';
import { restartingCounter } from '../broken/restarting-counter.js';
import { shortTags } from '../broken/short-tags.js';
import { trailingBytes } from '../broken/trailing-bytes.js';
import { triedKeys } from '../broken/tried-keys.js';
import { worksAfterClose } from '../broken/works-after-close.js';
import { isBeyond, reasonToSkip } from '../src/contract-case.js';
import { CONTRACT_GROUPS } from '../src/contract-cases.js';
import { runCase } from '../src/harness.js';
import type { ContractOptions } from '../src/index.js';
import { envelopeContractOptions, localContractOptions } from './reference/contract-options.js';
import { createAsynchronousCrypterer } from './reference/local-crypterer.js';

const BAD_PROVIDERS: readonly BadProvider[] = [
  identity,
  constantNonce,
  restartingCounter,
  ignoredContext,
  concatenatedContext,
  partialHeader,
  beforeFinal,
  shortTags,
  triedKeys,
  errorToNull,
  errorToCiphertext,
  emptyToNull,
  plaintextInCause,
  mutatedInput,
  aliasedOutput,
  cachedRejection,
  trailingBytes,
  worksAfterClose,
  ignoredAbort,
  equalToAll,
];

/** Files of the folder that are no provider. */
const HELPERS = ['bad-provider.ts', 'handmade-crypterer.ts'] as const;

/** The names of the cases that a crypterer fails. */
async function failedCases(options: ContractOptions): Promise<string[]> {
  const failed: string[] = [];
  for (const contractCase of CONTRACT_GROUPS.flatMap(({ cases }) => cases)) {
    if (isBeyond(contractCase, options) || reasonToSkip(contractCase, options) !== undefined) continue;
    await runCase(contractCase, options).catch(() => failed.push(contractCase.name));
  }
  return failed;
}

describe('the contract suite', () => {
  for (const { fault, caughtBy, options } of BAD_PROVIDERS) {
    it(`catches a provider that ${fault}: ${caughtBy}`, async () => {
      const failed = await failedCases(options);
      expect(failed).toContain(caughtBy);
      expect(failed, 'the fault is one that a round trip does not show').not.toContain(
        'gives back a value of 16 bytes',
      );
    });
  }

  it('catches every bad provider in the folder', () => {
    const files = readdirSync(new URL('../broken', import.meta.url));
    expect(BAD_PROVIDERS.length).toBe(files.length - HELPERS.length);
    expect(files).toEqual(expect.arrayContaining([...HELPERS]));
  });

  it.each([
    localContractOptions('the reference', createAsynchronousCrypterer),
    localContractOptions('the crypterer made by hand', createHandmadeCrypterer),
    envelopeContractOptions('the reference with a key service'),
  ])('finds nothing wrong with $name, which the bad ones are made of', async (options) => {
    expect(await failedCases(options)).toEqual([]);
  });

  it('names every case once, so that a name tells which', () => {
    const names = CONTRACT_GROUPS.flatMap(({ cases }) => cases.map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
  });
});
