import { describe, it } from 'vitest';
import { isBeyond, reasonToSkip } from './contract-case.js';
import { CONTRACT_GROUPS } from './contract-cases.js';
import type { ContractOptions } from './contract-options.js';
import { runCase } from './harness.js';

/**
 * Registers the contract's cases for one provider with vitest: call it at the top of a test file.
 *
 * Cases about a capability that is declared absent are left out; that it is absent is a case. A case that needs an
 * option which was left out is skipped, and its name says which option that is.
 */
export function describeCrypterer(options: ContractOptions): void {
  describe(`the crypterer contract: ${options.name}`, () => {
    for (const { name: group, cases } of CONTRACT_GROUPS) {
      const applicable = cases.filter((contractCase) => !isBeyond(contractCase, options));
      if (applicable.length === 0) continue;
      describe(group, () => {
        for (const contractCase of applicable) {
          const reason = reasonToSkip(contractCase, options);
          if (reason !== undefined) it.skip(`${contractCase.name} (${reason})`);
          else it(contractCase.name, () => runCase(contractCase, options));
        }
      });
    }
  });
}
