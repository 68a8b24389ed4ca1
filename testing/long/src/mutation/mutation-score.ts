import type { Stryker } from '@stryker-mutator/core';

/** One change to a source, and whether a test noticed. */
export type Mutant = Awaited<ReturnType<Stryker['runMutationTest']>>[number];

/** Mutants by what became of them. */
export interface MutationScore {
  readonly killed: number;
  /** The tests did not end: noticed, too. */
  readonly timedOut: number;
  readonly survived: number;
  /** No test even runs the code. Counts as survived. */
  readonly notCovered: number;
  /** Not counted: the change broke the run itself, outside of any test. */
  readonly invalid: number;
  /** Of those counted, the share that was noticed, in percent. */
  readonly percent: number;
}

export function scoreOf(mutants: readonly Mutant[]): MutationScore {
  const count = (...statuses: Mutant['status'][]): number =>
    mutants.filter(({ status }) => statuses.includes(status)).length;
  const noticed = count('Killed', 'Timeout');
  const missed = count('Survived', 'NoCoverage');
  return {
    killed: count('Killed'),
    timedOut: count('Timeout'),
    survived: count('Survived'),
    notCovered: count('NoCoverage'),
    invalid: count('RuntimeError', 'CompileError'),
    percent: noticed + missed === 0 ? 0 : (100 * noticed) / (noticed + missed),
  };
}
