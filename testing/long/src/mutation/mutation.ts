import type { Part, PartResult } from '../part.js';
import { table } from '../table.js';
import { mutate } from './mutate.js';
import { type Mutant, scoreOf } from './mutation-score.js';
import { MUTATION_TARGETS } from './mutation-target.js';
import { describeMutant, fileOf } from './survivor.js';

/** Percent, of each target. */
const LEAST_SCORE = 90;

/** Whether the tests notice when the code that guards the data is changed. */
export const mutation: Part = {
  title: 'Mutation tests of frame, data key, context encoding and envelope',
  async run(): Promise<PartResult> {
    const rows: (string | number)[][] = [];
    const survivors: string[] = [];
    const shortfalls: string[] = [];
    for (const target of MUTATION_TARGETS) {
      const mutants = await mutate(target);
      for (const file of new Set(mutants.map(fileOf))) {
        const ofFile = mutants.filter((mutant) => fileOf(mutant) === file);
        rows.push(row(file, ofFile));
      }
      rows.push(row(`**all of ${target.name}**`, mutants));
      survivors.push(...mutants.filter(isSurvivor).map(describeMutant));
      const { percent } = scoreOf(mutants);
      if (percent < LEAST_SCORE) shortfalls.push(`BELOW ${LEAST_SCORE} %: ${target.name} with ${percent.toFixed(1)} %`);
    }
    const head = ['', 'score', 'mutants', 'killed', 'timed out', 'survived', 'not covered', 'invalid'];
    const list = ['Survivors:', survivors.map((survivor) => `- ${survivor}`).join('\n')];
    return {
      outcome: shortfalls.length === 0 ? 'passed' : 'failed',
      report: [table(head, rows), ...shortfalls, ...(survivors.length === 0 ? [] : list)].join('\n\n'),
    };
  },
};

function row(name: string, mutants: readonly Mutant[]): (string | number)[] {
  const { percent, killed, timedOut, survived, notCovered, invalid } = scoreOf(mutants);
  return [name, `${percent.toFixed(1)} %`, mutants.length, killed, timedOut, survived, notCovered, invalid];
}

function isSurvivor({ status }: Mutant): boolean {
  return status === 'Survived' || status === 'NoCoverage';
}
