/// <reference types="node" preserve="true" />
import type { KmsCall } from './call-log.js';
import type { OperationName } from './dispatch.js';
import type { KmsEncryptionContext } from './encryption-context.js';
import type { Fault } from './faults.js';
import type { SeedObject } from './seed-object.js';

/** How to start a local KMS. */
export interface LocalKmsOptions {
  /** Path of a YAML file, or its content as an object. Default: one random key with the alias `alias/sqlcrypter`. */
  readonly seed?: string | SeedObject;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** Region of the seed's keys and of unsigned requests. Default eu-west-2. */
  readonly region?: string;
  /** Twelve digits. Default 111122223333. */
  readonly accountId?: string;
  /**
   * Whether the tag of new blobs covers the key ARN, the backing key index and the framed encryption context too, as
   * on AWS. Default false: blobs that nsmithuk/local-kms can read. Blobs of both kinds are always decrypted.
   */
  readonly authenticateArn?: boolean;
}

/** A key that is made by {@link LocalKms.createKey}. */
export interface CreateKeyOptions {
  /** Letters, digits, - and _. Default: a random id. One that begins with `mrk-` makes a multi-Region key. */
  readonly keyId?: string;
  /** Default: what `keyId` says, else false. */
  readonly multiRegion?: boolean;
  /** Default: the Region of the KMS. */
  readonly region?: string;
}

/**
 * A running KMS. Its methods name a key by id, ARN, alias or alias ARN; without an ARN it is looked for in the Region of
 * the KMS. What AWS would refuse they refuse too, with an AwsError of the same name. They are not logged as calls.
 */
export interface LocalKms extends AsyncDisposable {
  /** URL for `endpoint` of a client, for example http://127.0.0.1:40123. */
  readonly endpoint: string;
  readonly port: number;
  readonly region: string;
  readonly accountId: string;

  /** Requests so far, oldest first. A snapshot. */
  readonly calls: readonly KmsCall[];
  /** How many requests there were, of all operations or of one. */
  countCalls(operation?: OperationName): number;
  clearCalls(): void;

  /**
   * Makes calls of an operation go wrong until the fault is cleared or used up. Replaces the operation's earlier fault;
   * `*` stands for every operation that has no fault of its own.
   *
   * @throws LocalKmsError CONFIG
   */
  setFault(operation: OperationName | '*', fault: Fault): void;
  /** Ends one operation's fault, or all. */
  clearFaults(operation?: OperationName | '*'): void;

  /** The ARN of a key, for example of `alias/sqlcrypter`. */
  arnOf(keyId: string): string;
  /** Makes an enabled key and gives its ARN. @throws LocalKmsError CONFIG */
  createKey(options?: CreateKeyOptions): string;
  /** Makes a replica of a multi-Region key and gives its ARN. */
  replicateKey(keyId: string, region: string): string;
  createAlias(aliasName: string, targetKeyId: string): void;
  updateAlias(aliasName: string, targetKeyId: string): void;
  disableKey(keyId: string): void;
  enableKey(keyId: string): void;
  scheduleKeyDeletion(keyId: string): void;
  /** Adds a backing key: new blobs use it, older ones still decrypt. */
  rotateKey(keyId: string): void;
  /** A blob of chosen bytes, for example of a data key whose value a test must know. Works in every state of the key. */
  wrap(keyId: string, plaintext: Uint8Array, encryptionContext?: KmsEncryptionContext): Buffer;

  /** Ends all connections, hanging ones too, and frees the port. May be called twice. */
  close(): Promise<void>;
}
