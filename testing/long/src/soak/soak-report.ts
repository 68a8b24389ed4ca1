import type { PartResult } from '../part.js';
import { table } from '../table.js';
import { compareHeap } from './heap.js';
import type { KmsBounds } from './kms-bounds.js';
import type { Ledger } from './ledger.js';
import type { Strays } from './strays.js';

/** What a soak came to. */
export interface SoakFindings {
  readonly seconds: number;
  readonly faults: readonly string[];
  readonly ledger: Ledger;
  readonly bounds: KmsBounds;
  readonly strays: Strays;
  /** Megabytes in use after a garbage collection, one after each fault. */
  readonly heap: readonly number[];
  readonly wasStopped: boolean;
}

const count = (value: number): string => value.toLocaleString('en');
const megabytes = (value: number): string => `${value.toFixed(1)} MB`;

export function soakReport(findings: SoakFindings): PartResult {
  const { seconds, faults, ledger, bounds, strays, heap, wasStopped } = findings;
  bounds.check();
  const { start, end, isStable } = compareHeap(heap);
  const { closest } = bounds;
  const rows = [
    ['Seconds', count(Math.round(seconds))],
    ['Faults of the KMS, one after the other', count(faults.length)],
    ['Processes started', count(ledger.processesStarted)],
    ['Values written', count(ledger.written)],
    ['Values read and compared', count(ledger.read)],
    ['Changed, moved and cut values, all refused', count(ledger.refused)],
    ['Reads and first writes that failed with a code of the fault under way', count(ledger.failureCount)],
    ['Wrong values, errors without a fault, bounds passed', count(ledger.problemCount)],
    ['Unhandled rejections; warnings', `${strays.rejections.length}; ${strays.warnings.length}`],
    ['Requests for GenerateDataKey; at most', `${count(bounds.generates)}; ${count(bounds.mostGenerates)}`],
    ['Requests for Decrypt; at most', `${count(bounds.unwraps)}; ${count(bounds.mostUnwraps)}`],
    ...(closest === undefined
      ? []
      : [
          [
            'The same between two faults, where closest; at most; values read meanwhile',
            `${count(closest.unwraps)}; ${count(closest.atMost)}; ${count(closest.reads)}`,
          ],
        ]),
    ['In use after garbage collection, second and last quarter', `${megabytes(start)}; ${megabytes(end)}`],
  ];
  const list = (counts: ReadonlyMap<string, number>): string =>
    [...counts]
      .map(([name, times]) => `${name} ${count(times)}`)
      .toSorted()
      .join(', ') || 'none';
  const notes = [
    `Faults: ${[...new Set(faults)].join(', ') || 'none'}.`,
    `Failures while the KMS failed: ${list(ledger.failures)}.`,
    `What happened to data keys: ${list(ledger.events)}.`,
    ...[...ledger.problems].map(([problem, times]) => `PROBLEM, ${count(times)} times: ${problem}`),
    ...strays.rejections.map((reason) => `UNHANDLED: ${String(reason)}`),
    ...strays.warnings.map((warning) => `WARNING: ${String(warning)}`),
    ...(isStable ? [] : [`MEMORY GROWS: ${heap.map((sample) => sample.toFixed(1)).join(', ')} MB`]),
  ];
  const isGood = ledger.problemCount + strays.rejections.length + strays.warnings.length === 0 && isStable;
  return {
    outcome: !isGood ? 'failed' : wasStopped ? 'stopped' : 'passed',
    summary:
      `${count(ledger.read)} values read through ${count(faults.length)} faults in ${count(Math.round(seconds))} s: ` +
      `${count(ledger.problemCount)} wrong, memory ${megabytes(start)} then ${megabytes(end)}`,
    report: [table(['', ''], rows), ...notes].join('\n\n'),
  };
}
