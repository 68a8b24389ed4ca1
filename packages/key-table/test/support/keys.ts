import { randomBytes } from 'node:crypto';
import type { NewKey } from '@sqlcrypter/core/provider';

export const CREATED = 1_800_000_000_000;
const MONTH = 30 * 86_400_000;

/** A key as a table keeps it. Its wraps are random: a table never looks into them. */
export function newKey(change: Partial<NewKey> = {}): NewKey {
  return {
    fingerprint: randomBytes(16),
    purpose: 'data',
    scope: 'tenant-1',
    created: CREATED,
    expires: CREATED + MONTH,
    wraps: [{ provider: 200, keyId: 'kek-1', wrapped: randomBytes(92) }],
    ...change,
  };
}

/** A data key that a branch key wraps. */
export function keyUnder(branch: NewKey, change: Partial<NewKey> = {}): NewKey {
  const keyId = branch.fingerprint.toString('hex');
  return newKey({ wraps: [{ provider: 0, keyId, wrapped: randomBytes(92) }], ...change });
}

export function newBranch(change: Partial<NewKey> = {}): NewKey {
  return newKey({ purpose: 'branch', scope: '', ...change });
}
