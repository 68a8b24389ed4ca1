import { type Crypterer, type KeyLoader, SqlcrypterError, type SyncCrypterer } from '@sqlcrypter/core';
import { isCloseable, isKeyLoader, isSyncCrypterer } from '@sqlcrypter/core/provider';
import type { ContractCase } from './contract-case.js';
import type { Awaitable, ContractOptions } from './contract-options.js';

/** What a case works with: the caller's factories. Whatever they make is closed after the case. */
export interface Harness {
  readonly options: ContractOptions;
  create(): Promise<Crypterer>;
  createOther(): Promise<Crypterer>;
  /** With nothing in memory. */
  reload(): Promise<Crypterer>;
  /** Closes a crypterer that came otherwise after the case. */
  keep(crypterer: Awaitable<Crypterer>): Promise<Crypterer>;
}

/** Runs one case, and closes what it used. */
export async function runCase(contractCase: ContractCase, options: ContractOptions): Promise<void> {
  const made: Crypterer[] = [];
  const keep = async (crypterer: Awaitable<Crypterer>): Promise<Crypterer> => {
    const kept = await crypterer;
    made.push(kept);
    return kept;
  };
  try {
    await contractCase.run({
      options,
      create: () => keep(options.create()),
      createOther: () => keep(options.createOther()),
      reload: () => keep((options.reload ?? options.create)()),
      keep,
    });
  } finally {
    await Promise.allSettled(made.filter(isCloseable).map((crypterer) => crypterer.close()));
  }
}

/** The synchronous side of a crypterer that declares one. */
export function syncSideOf(crypterer: Crypterer): Crypterer & SyncCrypterer {
  if (isSyncCrypterer(crypterer)) return crypterer;
  throw new SqlcrypterError('UNSUPPORTED', 'The crypterer has no encryptSync and decryptSync, which it declares.');
}

/** The key loading side of a crypterer that declares one. */
export function keyLoaderOf(crypterer: Crypterer): Crypterer & SyncCrypterer & KeyLoader {
  const sync = syncSideOf(crypterer);
  if (isKeyLoader(sync)) return sync;
  throw new SqlcrypterError('UNSUPPORTED', 'The crypterer has no loadKeys, which it declares.');
}
