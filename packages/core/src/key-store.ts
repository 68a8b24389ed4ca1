/// <reference types="node" preserve="true" />

/**
 * What a stored key is for: a `data` key encrypts values; a `branch` key encrypts data keys and is itself wrapped by a
 * KMS.
 */
export type KeyPurpose = 'branch' | 'data';

/**
 * Where a stored key is in its life.
 *
 * - `pending`: made, and not written with until every process has had time to load it. At most one per line.
 * - `active`: the one that its line writes with. At most one per line.
 * - `decrypt-only`: replaced; read with, as long as values are under it.
 * - `disabled`: neither, until it is enabled again: `KEY_DISABLED`.
 * - `destroyed`: its wraps are gone for good: `KEY_DESTROYED`.
 *
 * Whoever can write to the store can change a state. What a state allows is therefore bounded by what a wrap is bound
 * to; see {@link KeyFacts}.
 */
export type KeyState = 'pending' | 'active' | 'decrypt-only' | 'disabled' | 'destroyed';

/**
 * What every wrap of a key is bound to: unwrapping it with any other facts fails. So a row whose facts were changed,
 * or that got the wrap of another row, opens nothing.
 */
export interface KeyFacts {
  /** 16 bytes that commit to the key; what values name it by. */
  readonly fingerprint: Buffer;
  readonly purpose: KeyPurpose;
  /** Tenant, column group or person; empty for values without a scope. At most 255 bytes of UTF-8, no control characters. */
  readonly scope: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Milliseconds since 1970. From then on nothing is encrypted under it; reading has no end. */
  readonly expires: number;
}

/** One wrapped form of a key. Any one of a key's wraps opens it. */
export interface KeyWrap {
  /** The provider's number in frames; 0 for a wrap under a branch key. */
  readonly provider: number;
  /**
   * The wrapping key as its KMS names it, an ARN where there is one; for a branch key its fingerprint in hex. At most 512
   * printable ASCII characters without spaces, quotes and backslashes.
   */
  readonly keyId: string;
  readonly wrapped: Buffer;
}

/** A key that is to be stored. */
export interface NewKey extends KeyFacts {
  /** At least one. */
  readonly wraps: readonly KeyWrap[];
}

/** What a row says of its key by now. */
export interface KeyStatus extends KeyFacts {
  readonly state: KeyState;
}

/** A stored key. Never a plaintext one. */
export interface KeyRecord extends KeyStatus {
  /** When it became active, in milliseconds since 1970. */
  readonly activated: number | undefined;
  /** When it was replaced or destroyed, in milliseconds since 1970. */
  readonly retired: number | undefined;
  /** None once it is destroyed. At most 16: whoever writes to the store may put any number there. */
  readonly wraps: readonly KeyWrap[];
}

/**
 * Where wrapped keys are kept, once for a whole fleet. A line is the keys of one purpose and scope, one after the other.
 *
 * - Every method is complete in itself and leaves no transaction open: a KMS is called between two of them.
 * - Failures are `SqlcrypterError`s: `KEY_STORE_UNAVAILABLE` with a cause made by `causeOf`, or `CONFIG`.
 * - Nothing is cached here. What a replica may answer, and what must come from the primary, is said with each method.
 */
export interface KeyStore {
  /** Whether a replica may answer, which may lag behind or have stopped. */
  readonly hasReplica?: boolean;
  /**
   * The keys with these fingerprints, and the branch keys that their wraps name, in one look-up however many there are.
   * Unknown ones are left out. A replica may answer; what it does not have, or has as disabled or destroyed, is looked
   * for on the primary.
   *
   * @param fromPrimary only the primary may answer.
   */
  find(fingerprints: readonly Buffer[], fromPrimary?: boolean): Promise<KeyRecord[]>;
  /** A line's pending, active and one destroyed key, as far as there are such, and their branch keys. From the primary. */
  findLine(purpose: KeyPurpose, scope: string): Promise<KeyRecord[]>;
  /** The pending keys of these lines, and their branch keys. A replica may answer. */
  findPending(purpose: KeyPurpose, scopes: readonly string[]): Promise<KeyRecord[]>;
  /** What the rows of these keys say by now. A key that has no row any more is left out. From the primary. */
  findStatus(fingerprints: readonly Buffer[]): Promise<KeyStatus[]>;
  /**
   * Stores a key as its line's pending one. False if another process was faster, so that a race ends with one key: the
   * line has a pending key, or an active one other than `replaces`. False also if a key of the line was destroyed. Then
   * nothing is stored.
   *
   * @param replaces the active key that the caller found, if there was one.
   */
  insertPending(key: NewKey, replaces?: Buffer): Promise<boolean>;
  /**
   * Makes a pending key its line's active one, in place of the one that was active until now. Does nothing where that
   * has happened already. `at` in milliseconds since 1970.
   */
  activate(fingerprint: Buffer, replaced: Buffer | undefined, at: number): Promise<void>;
  /** Keys that are not destroyed, in the order of their fingerprints, from the one after `after` on. From the primary. */
  list(purpose: KeyPurpose, after: Buffer | undefined, limit: number): Promise<KeyRecord[]>;
  /** Adds a wrap to a key, in place of one by the same provider and key id. */
  addWrap(fingerprint: Buffer, wrap: KeyWrap): Promise<void>;
  /** Takes a wrap away from a key, never its last one. */
  removeWrap(fingerprint: Buffer, provider: number, keyId: string): Promise<void>;
}
