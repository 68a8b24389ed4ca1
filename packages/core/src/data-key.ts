/// <reference types="node" preserve="true" />
import {
  type CipherGCM,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type DecipherGCM,
  hkdfSync,
  type KeyObject,
  randomFillSync,
} from 'node:crypto';
import { AuthenticatedData, dataBeforeContext } from './authenticated-data.js';
import { BatchKey } from './batch-engine/batch-key.js';
import { CounterCipher } from './batch-engine/counter-cipher.js';
import type { GcmModule } from './batch-engine/gcm-module.js';
import { openMany, type TakePlaintext } from './batch-engine/open-many.js';
import { sealMany } from './batch-engine/seal-many.js';
import { DerivedKeyCache } from './derived-key-cache.js';
import { ExtendedNonceKey } from './extended-nonce-key.js';
import type { FrameLayout } from './frame.js';
import { genuineBytes, lengthOf } from './genuine-bytes.js';
import { RandomPool } from './random-pool.js';
import { SqlcrypterError } from './sqlcrypter-error.js';
import { SUITES, type Suite, type SuiteParameters, suiteByNumber, TAG_LENGTH } from './suite.js';

const DEK_LENGTH = 32;
const SALT = Buffer.from('sqlcrypter/1', 'latin1');
const FINGERPRINT_LENGTH = 16;
const GCM_NONCE_LENGTH = 12;
const PREFIX_LENGTH = 12;
const PREFIX_MAX_VALUES = 2 ** 24;
const MAX_FRAME_LENGTH = 2 ** 31 - 1;
/** More random bytes than this are fetched by a call of their own. */
const MAX_POOLED_LENGTH = 1024;
const GCM_OPTIONS = { authTagLength: TAG_LENGTH } as const;

/** Safe to share between data keys: each use fills it anew, and nothing in it is secret. */
const authenticatedData = new AuthenticatedData();

/** The nonce prefix that this process writes with for a while, and the key derived from it. */
interface WritePrefix {
  readonly bytes: Buffer;
  readonly key: KeyObject;
  valuesLeft: number;
}

/**
 * A 256-bit data encryption key and everything derived from it. Sealing and opening are synchronous and touch nothing
 * but memory. The key never leaves the object: it has no accessor, and inspect and JSON show the fingerprint only.
 */
export class DataKey {
  readonly #dek: KeyObject;
  readonly #derivedKeys: DerivedKeyCache;
  readonly #commitment: Buffer;
  readonly #name: string;
  readonly #random = new RandomPool();
  #gcmKey: KeyObject | undefined;
  #extendedNonceKey: ExtendedNonceKey | undefined;
  #writePrefix: WritePrefix | undefined;
  #lastRead: { readonly bytes: Buffer; readonly key: KeyObject } | undefined;
  /** What the latest batch worked with; the next one most often begins alike. */
  #batchKey: BatchKey | undefined;
  #sealedValues = 0;
  #sealedBytes = 0;

  /**
   * @param dek exactly 32 bytes, copied: the caller zeroes its own. Anything else is `CONFIG`, as are 32 zeros.
   * @param derivedKeys the crypterer's cache, shared by its data keys.
   */
  constructor(dek: Uint8Array, derivedKeys: DerivedKeyCache = new DerivedKeyCache()) {
    const bytes = genuineBytes(dek);
    if (bytes?.length !== DEK_LENGTH) {
      const got = bytes === undefined ? `a value of type ${typeof dek}` : `${bytes.length} bytes`;
      throw new SqlcrypterError('CONFIG', `A data key was made from ${got}. Expected a Uint8Array of 32 bytes.`);
    }
    if (bytes.every((byte) => byte === 0)) {
      throw new SqlcrypterError(
        'CONFIG',
        'A data key was made from 32 zero bytes, which everybody knows. Was the memory of the key wiped before its use?',
      );
    }
    this.#dek = createSecretKey(bytes);
    this.#derivedKeys = derivedKeys;
    this.#commitment = this.#derive('commit');
    this.#name = this.#commitment.toString('latin1', 0, FINGERPRINT_LENGTH);
  }

  /** 16 bytes that commit to the key: no second key with them can be found. Public. */
  get fingerprint(): Buffer {
    return Buffer.from(this.#commitment.subarray(0, FINGERPRINT_LENGTH));
  }

  /** The id that a local key has unless one is given: the first four bytes of the fingerprint. */
  get defaultId(): number {
    return this.#commitment.readUInt32BE(0);
  }

  /** Whether 16 bytes are this key's fingerprint. */
  hasFingerprint(fingerprint: Buffer): boolean {
    if (fingerprint.length !== FINGERPRINT_LENGTH) return false;
    // A loop is faster than a call into Node; fingerprints are public.
    for (let i = 0; i < FINGERPRINT_LENGTH; i++) if (fingerprint[i] !== this.#commitment[i]) return false;
    return true;
  }

  /** How many values this object has sealed. */
  get sealedValues(): number {
    return this.#sealedValues;
  }

  /** How many plaintext bytes this object has sealed. */
  get sealedBytes(): number {
    return this.#sealedBytes;
  }

  /**
   * Seals a plaintext into a whole frame.
   *
   * @param header what `encodeFrameHeader` gave for this key.
   * @param context what `encodeContext` gave.
   * Errors: `PLAINTEXT_TOO_LARGE`, `DEK_EXHAUSTED`.
   */
  seal(plaintext: Uint8Array, header: Buffer, context: Buffer): Buffer {
    const suite = suiteOf(header);
    const nonceOffset = header.length;
    const ciphertextOffset = nonceOffset + suite.nonceLength;
    const length = lengthOf(plaintext);
    const frameLength = ciphertextOffset + length + TAG_LENGTH;
    if (frameLength > MAX_FRAME_LENGTH) throw tooLarge(length);
    this.#count(1, length, suite.maxValues);

    const frame = Buffer.allocUnsafe(frameLength);
    header.copy(frame);
    let key: KeyObject;
    if (suite.suite === 'xaes-256-gcm') {
      const prefix = this.#nextWritePrefix(1);
      prefix.bytes.copy(frame, nonceOffset);
      key = prefix.key;
    } else {
      key = this.#gcm();
    }
    const gcmNonceOffset = ciphertextOffset - GCM_NONCE_LENGTH;
    this.#random.take(frame, gcmNonceOffset, GCM_NONCE_LENGTH);
    const nonce = frame.subarray(gcmNonceOffset, ciphertextOffset);
    const cipher = createCipheriv('aes-256-gcm', key, nonce, GCM_OPTIONS);
    cipher.setAAD(authenticatedData.of(frame, nonceOffset, context));
    finish(cipher, plaintext, length, frame, ciphertextOffset);
    return frame;
  }

  /**
   * Opens a frame that names this key, and gives the plaintext only after it has authenticated.
   *
   * @param layout what `parseFrame` gave for these bytes.
   * Errors: `AUTH_FAILED`.
   */
  open(bytes: Buffer, layout: FrameLayout, context: Buffer): Buffer {
    const { suite, headerLength, ciphertextOffset } = layout;
    const data = authenticatedData.of(bytes, headerLength, context);
    if (suite === 'aes-256-gcm') return openGcm(this.#gcm(), bytes, headerLength, ciphertextOffset, data);

    const last = this.#lastRead;
    if (last !== undefined && hasAt(bytes, headerLength, last.bytes)) {
      return openGcm(last.key, bytes, headerLength + PREFIX_LENGTH, ciphertextOffset, data);
    }
    const name = this.#name + bytes.toString('latin1', headerLength, headerLength + PREFIX_LENGTH);
    const known = this.#derivedKeys.get(name);
    if (known !== undefined) {
      const plaintext = openGcm(known, bytes, headerLength + PREFIX_LENGTH, ciphertextOffset, data);
      const prefix = Buffer.from(bytes.subarray(headerLength, headerLength + PREFIX_LENGTH));
      this.#lastRead = { bytes: prefix, key: known };
      return plaintext;
    }
    const derived = this.#extended().derive(bytes, headerLength);
    let authenticated = false;
    try {
      const plaintext = openGcm(derived, bytes, headerLength + PREFIX_LENGTH, ciphertextOffset, data);
      authenticated = true;
      this.#derivedKeys.set(name, derived);
      return plaintext;
    } finally {
      if (!authenticated) derived.fill(0);
    }
  }

  /**
   * Seals many plaintexts under one header with the batch engine: frames as {@link seal} makes them, which share memory
   * with one another. All count as sealed, or none if the suite does not allow so many more.
   *
   * Errors: `DEK_EXHAUSTED`.
   */
  sealMany(
    module: GcmModule,
    header: Buffer,
    plaintexts: readonly Uint8Array[],
    contexts: readonly Buffer[],
  ): Buffer[] {
    const suite = suiteOf(header);
    let bytes = 0;
    for (const plaintext of plaintexts) bytes += lengthOf(plaintext);
    this.#count(plaintexts.length, bytes, suite.maxValues);
    const isExtended = suite.suite === 'xaes-256-gcm';
    const start = isExtended ? Buffer.concat([header, this.#nextWritePrefix(plaintexts.length).bytes]) : header;
    const key = this.#batchKeyFor(suite.suite, start, header.length, start.length);
    const fillNonces = (memory: Buffer, offset: number, length: number): void => {
      if (length <= MAX_POOLED_LENGTH) this.#random.take(memory, offset, length);
      else randomFillSync(memory, offset, length);
    };
    return this.#inBatch(() => sealMany(module, key, plaintexts, contexts, fillNonces));
  }

  /**
   * Opens many frames that begin alike up to their GCM nonce with the batch engine, and gives the positions of those that
   * it refuses: they begin otherwise, or do not authenticate.
   *
   * @param layout what `parseFrame` gave for the first frame; none may be shorter than it says.
   * @param positions what the caller knows each frame by.
   * @param take is handed each plaintext that has authenticated.
   */
  openMany(
    module: GcmModule,
    layout: FrameLayout,
    frames: readonly Uint8Array[],
    contexts: readonly Buffer[],
    positions: readonly number[],
    take: TakePlaintext,
  ): number[] {
    const { suite, headerLength, ciphertextOffset } = layout;
    const key = this.#batchKeyFor(suite, frames[0] as Uint8Array, headerLength, ciphertextOffset - GCM_NONCE_LENGTH);
    return this.#inBatch(() => openMany(module, key, frames, contexts, positions, take));
  }

  /**
   * Seals as the Go library does: nonce ‖ ciphertext ‖ tag under the data key itself, bound to nothing.
   *
   * @param header bytes to put before the nonce (the Go library's wrapped key with its length), not authenticated.
   */
  sealGo(plaintext: Uint8Array, header: Uint8Array): Buffer {
    const ciphertextOffset = header.length + GCM_NONCE_LENGTH;
    const length = lengthOf(plaintext);
    const frameLength = ciphertextOffset + length + TAG_LENGTH;
    if (frameLength > MAX_FRAME_LENGTH) throw tooLarge(length);
    this.#count(1, length, SUITES['aes-256-gcm'].maxValues);
    const frame = Buffer.allocUnsafe(frameLength);
    frame.set(header);
    this.#random.take(frame, header.length, GCM_NONCE_LENGTH);
    const nonce = frame.subarray(header.length, ciphertextOffset);
    const cipher = createCipheriv('aes-256-gcm', this.#dek, nonce, GCM_OPTIONS);
    finish(cipher, plaintext, length, frame, ciphertextOffset);
    return frame;
  }

  /**
   * Opens what the Go library sealed.
   *
   * @param offset where the nonce begins; at least 28 bytes must follow, else `AUTH_FAILED`.
   */
  openGo(bytes: Buffer, offset: number): Buffer {
    if (bytes.length > MAX_FRAME_LENGTH || bytes.length - offset < GCM_NONCE_LENGTH + TAG_LENGTH) throw authFailed();
    return openGcm(this.#dek, bytes, offset, offset + GCM_NONCE_LENGTH);
  }

  toJSON(): { fingerprint: string } {
    return { fingerprint: this.#commitment.toString('hex', 0, FINGERPRINT_LENGTH) };
  }

  /** Refuses values that would take this key past what its suite's random nonces allow. */
  #count(values: number, bytes: number, maxValues: number): void {
    if (this.#sealedValues + values > maxValues) {
      throw new SqlcrypterError(
        'DEK_EXHAUSTED',
        `This data key has encrypted ${maxValues} values, all that its suite allows. Rotate to a new key.`,
        { keyRef: this.toJSON().fingerprint },
      );
    }
    this.#sealedValues += values;
    this.#sealedBytes += bytes;
  }

  #derive(info: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#dek, SALT, info, DEK_LENGTH));
  }

  #gcm(): KeyObject {
    if (this.#gcmKey === undefined) {
      const key = this.#derive('suite-G');
      this.#gcmKey = createSecretKey(key);
      key.fill(0);
    }
    return this.#gcmKey;
  }

  #extended(): ExtendedNonceKey {
    if (this.#extendedNonceKey === undefined) {
      const key = this.#derive('suite-X');
      this.#extendedNonceKey = new ExtendedNonceKey(key);
      key.fill(0);
    }
    return this.#extendedNonceKey;
  }

  /** For values that begin with the first `startLength` bytes of `frame`: a header and, with suite X, a nonce prefix. */
  #batchKeyFor(suite: Suite, frame: Uint8Array, headerLength: number, startLength: number): BatchKey {
    const latest = this.#batchKey;
    if (latest?.start.length === startLength && hasAt(frame, 0, latest.start)) return latest;
    const start = Buffer.from(frame.subarray(0, startLength));
    const header = start.subarray(0, headerLength);
    const key = new BatchKey(this.#countersFor(suite, start, headerLength), start, dataBeforeContext(header));
    this.#batchKey = key;
    return key;
  }

  #countersFor(suite: Suite, start: Buffer, prefixOffset: number): CounterCipher {
    if (suite === 'aes-256-gcm') return new CounterCipher(this.#gcm());
    const derived = this.#extended().derive(start, prefixOffset);
    const cipher = new CounterCipher(derived);
    derived.fill(0);
    return cipher;
  }

  /** Whatever goes wrong in a batch, what had a part in it is not used again. */
  #inBatch<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.#batchKey = undefined;
      throw error;
    }
  }

  /**
   * The nonce prefix for the next values. Its key is derived once for up to 2^24 values, whose last 12 nonce bytes are
   * random: a repetition under one prefix stays below 2^-49.
   */
  #nextWritePrefix(values: number): WritePrefix {
    let prefix = this.#writePrefix;
    if (prefix === undefined || prefix.valuesLeft < values) {
      const bytes = Buffer.alloc(PREFIX_LENGTH);
      this.#random.take(bytes, 0, PREFIX_LENGTH);
      const derived = this.#extended().derive(bytes, 0);
      const key = createSecretKey(derived);
      derived.fill(0);
      prefix = { bytes, key, valuesLeft: PREFIX_MAX_VALUES };
      this.#writePrefix = prefix;
      this.#lastRead ??= prefix;
      this.#derivedKeys.set(this.#name + bytes.toString('latin1'), key);
    }
    prefix.valuesLeft -= values;
    return prefix;
  }
}

function suiteOf(header: Buffer): SuiteParameters {
  const suite = suiteByNumber((header[2] as number) & 0x0f);
  if (suite === undefined) throw new SqlcrypterError('CONFIG', 'A frame header without a suite was given to a key.');
  return suite;
}

function finish(
  cipher: CipherGCM,
  plaintext: Uint8Array,
  length: number,
  frame: Buffer,
  ciphertextOffset: number,
): void {
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  // Anything shorter would leave a gap in the frame, with whatever lay there before.
  if (ciphertext.length !== length) throw new TypeError('The plaintext changed its length while it was encrypted');
  frame.set(ciphertext, ciphertextOffset);
  frame.set(cipher.getAuthTag(), ciphertextOffset + length);
}

/** AES-256-GCM with the 12-byte nonce that ends at `ciphertextOffset` and the tag in the last 16 bytes. */
function openGcm(
  key: KeyObject | Buffer,
  bytes: Buffer,
  nonceOffset: number,
  ciphertextOffset: number,
  data?: Buffer,
): Buffer {
  const tagOffset = bytes.length - TAG_LENGTH;
  const nonce = bytes.subarray(nonceOffset, ciphertextOffset);
  const decipher: DecipherGCM = createDecipheriv('aes-256-gcm', key, nonce, GCM_OPTIONS);
  if (data !== undefined) decipher.setAAD(data);
  decipher.setAuthTag(bytes.subarray(tagOffset));
  const plaintext = decipher.update(bytes.subarray(ciphertextOffset, tagOffset));
  try {
    decipher.final();
  } catch {
    plaintext.fill(0);
    throw authFailed();
  }
  return plaintext;
}

/** Whether bytes hold a part at a place. Neither is secret. */
function hasAt(bytes: Uint8Array, offset: number, part: Uint8Array): boolean {
  for (let i = 0; i < part.length; i++) if (bytes[offset + i] !== part[i]) return false;
  return true;
}

/** One message whatever the reason: telling tampering from a wrong context would help an attacker only. */
export function authFailed(): SqlcrypterError {
  return new SqlcrypterError(
    'AUTH_FAILED',
    'The value does not authenticate: it was changed, cut, or moved here from another place, or the context given is ' +
      'not the one it was encrypted with. Check table, column, row and tenant of the call, then where the value came from.',
  );
}

function tooLarge(length: number): SqlcrypterError {
  return new SqlcrypterError(
    'PLAINTEXT_TOO_LARGE',
    `The plaintext has ${length} bytes, more than a frame can hold (2^31 - 1 bytes less the frame's overhead). ` +
      'Store it in parts.',
  );
}
