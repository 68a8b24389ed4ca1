import { type AwsKmsCrypterer, type DekEvent, type ErrorCode, SqlcrypterError } from '@sqlcrypter/awskms';

/** What happened, and what must not have. */
export class Ledger {
  written = 0;
  read = 0;
  refused = 0;
  attacks = 0;
  /** Keys that are not in memory any more because the load said so: each may cost a KMS call again. */
  forgotten = 0;
  processesStarted = 0;
  newcomerAttempts = 0;
  /** What must not have happened, in words, and how often it did. */
  readonly problems: Map<string, number> = new Map();
  readonly failures: Map<ErrorCode, number> = new Map();
  /** What happened to data keys in all processes that have ended. */
  readonly events: Map<DekEvent, number> = new Map();

  /** Takes a failure that belongs to a fault of the KMS; any other is a problem. */
  fail(what: string, error: unknown, tolerated: readonly ErrorCode[]): void {
    if (!SqlcrypterError.is(error)) this.problem(`${what} threw an error without a code: ${String(error)}`);
    else if (!tolerated.includes(error.code)) this.problem(`${what} ended in ${error.code}: ${error.message}`);
    else add(this.failures, error.code);
  }

  problem(what: string): void {
    add(this.problems, what);
  }

  /** Ends a process. */
  async close(process: AwsKmsCrypterer): Promise<void> {
    for (const [event, count] of Object.entries(process.stats().events)) add(this.events, event as DekEvent, count);
    await process.close();
  }

  get problemCount(): number {
    return sum(this.problems);
  }

  get failureCount(): number {
    return sum(this.failures);
  }
}

function add<K>(counts: Map<K, number>, key: K, count = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function sum(counts: ReadonlyMap<unknown, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
