/**
 * Errors that are made in `work`, which must not wait, have no stack trace. To take one down lasts longer than to open
 * ten values, so that a batch of forged ones would cost many times a good one; and all would be of the same lines.
 */
export function withoutStackTraces<T>(work: () => T): T {
  const limit = Error.stackTraceLimit;
  // Without a number V8 does not even begin; with 0 it makes an empty trace.
  setLimit(undefined);
  try {
    return work();
  } finally {
    setLimit(limit);
  }
}

function setLimit(limit: number | undefined): void {
  try {
    (Error as { stackTraceLimit?: number | undefined }).stackTraceLimit = limit;
  } catch {
    // Frozen, as by --frozen-intrinsics.
  }
}
