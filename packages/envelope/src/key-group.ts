/// <reference types="node" preserve="true" />
import { SqlcrypterError } from '@sqlcrypter/core';
import type { DataKey } from '@sqlcrypter/core/provider';
import type { KeyLocator, LocatedKey } from './key-locator.js';
import { keyCommitment } from './negative-cache.js';

/** A value among those that one call was given. */
export interface Member {
  readonly index: number;
  readonly located: LocatedKey;
  readonly ciphertext: Buffer;
}

/** Values that name the same wrapped key. */
export type KeyGroup = readonly [Member, ...Member[]];

/** Puts values together by key. Those that name none are added to the failures. */
export function groupByKey(
  locator: KeyLocator,
  ciphertexts: readonly Buffer[],
  failures: Map<number, SqlcrypterError>,
): readonly KeyGroup[] {
  const groups = new Map<string, [Member, ...Member[]]>();
  for (const [index, ciphertext] of ciphertexts.entries()) {
    try {
      const located = locator.locate(ciphertext);
      const member = { index, located, ciphertext };
      const group = groups.get(located.name);
      if (group === undefined) groups.set(located.name, [member]);
      else group.push(member);
    } catch (error) {
      if (!SqlcrypterError.is(error)) throw error;
      failures.set(index, error);
    }
  }
  return [...groups.values()];
}

/** Whether a value may be opened with a key, as far as the value commits to one. */
export function namesKey({ committed }: LocatedKey, dataKey: DataKey): boolean {
  return committed === undefined || dataKey.hasFingerprint(committed.fingerprint);
}

/**
 * Shows that a key belongs to at least one of the values: by the commitment of a v1 frame, or by a Go frame that
 * authenticates, which commits to nothing. Errors: `KEY_COMMITMENT`, `AUTH_FAILED`.
 */
export function proveKey(dataKey: DataKey, group: KeyGroup): void {
  const [{ located }] = group;
  if (located.committed === undefined) openAnyGoFrame(dataKey, group, located.header.length);
  else if (!group.some((member) => namesKey(member.located, dataKey))) throw keyCommitment();
}

/** Errors: the last value's, if none authenticates. */
function openAnyGoFrame(dataKey: DataKey, group: KeyGroup, nonceOffset: number): void {
  let failure: unknown;
  for (const { ciphertext } of group) {
    try {
      dataKey.openGo(ciphertext, nonceOffset).fill(0);
      return;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
