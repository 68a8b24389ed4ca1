import type { Part, PartResult } from '../part.js';
import { table } from '../table.js';
import { mutate } from './mutate.js';
import { type Mutant, scoreOf } from './mutation-score.js';
import type { MutationTarget } from './mutation-target.js';
import { describeMutant, fileOf } from './survivor.js';

/** Percent, of each target. */
const LEAST_SCORE = 90;

/** Whether the tests notice when a target's code is changed. */
export function mutationOf(target: MutationTarget): Part {
  return {
    title: `Mutation tests of ${target.name}`,
    async run({ concurrency }): Promise<PartResult> {
      const mutants = await mutate(target, concurrency);
      const rows = [...new Set(mutants.map(fileOf))].map((file) =>
        row(
          file,
          mutants.filter((mutant) => fileOf(mutant) === file),
        ),
      );
      const head = ['', 'score', 'mutants', 'killed', 'timed out', 'survived', 'not covered', 'invalid'];
      const survivors = mutants.filter(isSurvivor).map((mutant) => `- ${describeMutant(mutant)}`);
      const { percent } = scoreOf(mutants);
      const passed = percent >= LEAST_SCORE;
      return {
        outcome: passed ? 'passed' : 'failed',
        summary: `${percent.toFixed(1)} % of ${mutants.length} mutants noticed, ${survivors.length} survive`,
        report: [
          table(head, [...rows, row('**all**', mutants)]),
          ...(passed ? [] : [`BELOW ${LEAST_SCORE} %: ${percent.toFixed(1)} %`]),
          ...(survivors.length === 0 ? [] : ['Survivors:', survivors.join('\n')]),
        ].join('\n\n'),
      };
    },
  };
}

function row(name: string, mutants: readonly Mutant[]): (string | number)[] {
  const { percent, killed, timedOut, survived, notCovered, invalid } = scoreOf(mutants);
  return [name, `${percent.toFixed(1)} %`, mutants.length, killed, timedOut, survived, notCovered, invalid];
}

function isSurvivor({ status }: Mutant): boolean {
  return status === 'Survived' || status === 'NoCoverage';
}
