/** How much of their authenticated data the values of a batch share. */
export interface SharedData {
  /** Bytes that all begin with and that are hashed once: whole blocks, or everything where all values' data are equal. */
  readonly length: number;
  /**
   * Where in its context a value's own data begin, negative where bytes before the context belong to them; undefined
   * where there are none, because all values' data are equal.
   */
  readonly ownFrom: number | undefined;
}

/** Compares contexts, each of which stands behind `before` bytes that are the same for all. */
export function compareContexts(before: number, contexts: readonly Buffer[]): SharedData {
  const first = contexts[0] as Buffer;
  let same = first.length;
  let areEqual = true;
  for (const context of contexts) {
    if (context === first) continue;
    const end = Math.min(same, context.length);
    same = 0;
    while (same < end && context[same] === first[same]) same++;
    if (same < first.length || context.length !== first.length) areEqual = false;
  }
  if (areEqual) return { length: before + first.length, ownFrom: undefined };
  const length = (before + same) & ~15;
  return { length, ownFrom: length - before };
}
