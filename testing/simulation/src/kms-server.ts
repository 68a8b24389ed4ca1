import { startLocalKms } from '@sqlcrypter/local-kms';

/** What the parent asks: the calls by operation since it asked last. */
export interface CallCounts {
  readonly [operation: string]: number;
}

// A process of its own: the fleet and the KMS do not wait for each other's turn.
const kms = await startLocalKms();
process.send?.({ endpoint: kms.endpoint, region: kms.region, keyId: kms.arnOf('alias/sqlcrypter') });
process.on('message', () => {
  const counts: Record<string, number> = {};
  for (const { operation } of kms.calls) counts[operation] = (counts[operation] ?? 0) + 1;
  kms.clearCalls();
  process.send?.(counts);
});
process.on('disconnect', () => process.exit());
