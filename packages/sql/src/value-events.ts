import { type Channel, channel } from 'node:diagnostics_channel';
import { type ErrorCode, SqlcrypterError } from '@sqlcrypter/core';

/** A message on the channels `sqlcrypter:encrypt` and `sqlcrypter:decrypt`. Never a value, a ciphertext or a key. */
export interface ValueMessage {
  /** The column's label; undefined for an EncryptedBytes of no column. */
  readonly label: string | undefined;
  /** How many values of the column shared the outcome: 1, or more in a batch. Of a long batch there are several messages. */
  readonly count: number;
  readonly outcome: 'ok' | ErrorCode;
}

export const encryptChannel: Channel = channel('sqlcrypter:encrypt');
export const decryptChannel: Channel = channel('sqlcrypter:decrypt');

/** Tells subscribers, if there are any, what became of values. */
export function tellOutcome(to: Channel, label: string | undefined, outcome: ValueMessage['outcome'], count = 1): void {
  if (to.hasSubscribers && count > 0) to.publish({ label, count, outcome } satisfies ValueMessage);
}

/** As {@link tellOutcome} for the results of a portion of a batch: one message for each column and outcome. */
export function tellOutcomes(
  to: Channel,
  labelOf: (position: number) => string | undefined,
  results: readonly unknown[],
): void {
  if (!to.hasSubscribers) return;
  const counts = new Map<string | undefined, Map<ValueMessage['outcome'], number>>();
  for (const [position, result] of results.entries()) {
    const label = labelOf(position);
    const outcome = SqlcrypterError.is(result) ? result.code : 'ok';
    const ofLabel = counts.get(label) ?? new Map<ValueMessage['outcome'], number>();
    counts.set(label, ofLabel.set(outcome, (ofLabel.get(outcome) ?? 0) + 1));
  }
  for (const [label, outcomes] of counts) {
    for (const [outcome, count] of outcomes) tellOutcome(to, label, outcome, count);
  }
}
