import type { KeyFacts } from './key-store.js';

/** Whether two rows say the same of one key: whatever its wraps are bound to. */
export function haveSameFacts(one: KeyFacts, other: KeyFacts): boolean {
  return (
    one.fingerprint.equals(other.fingerprint) &&
    one.purpose === other.purpose &&
    one.scope === other.scope &&
    one.created === other.created &&
    one.expires === other.expires
  );
}
