import type { Crypterer } from '@sqlcrypter/core';
import type { ContractOptions } from '../src/index.js';
import { localContractOptions } from '../test/reference/contract-options.js';
import { createAsynchronousCrypterer, type LocalOptions } from '../test/reference/local-crypterer.js';

/** A provider with one fault, and the case of the suite that must find it. */
export interface BadProvider {
  readonly fault: string;
  /** The name of the case. */
  readonly caughtBy: string;
  readonly options: ContractOptions;
}

/** A bad provider with local keys. */
export function badProvider(
  fault: string,
  caughtBy: string,
  createWith: (options: LocalOptions) => Crypterer,
): BadProvider {
  return { fault, caughtBy, options: localContractOptions(fault, createWith) };
}

/** A bad provider that is a good one but for the methods that `change` gives. */
export function spoiled(
  fault: string,
  caughtBy: string,
  change: (good: Crypterer) => Partial<Crypterer & Record<string, unknown>>,
): BadProvider {
  return badProvider(fault, caughtBy, (options) => {
    const good = createAsynchronousCrypterer(options);
    return Object.assign(Object.create(good), change(good));
  });
}
