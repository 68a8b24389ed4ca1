/// <reference types="node" preserve="true" />
import { SqlcrypterError } from './sqlcrypter-error.js';
import { SUITES, type Suite, suiteByNumber, TAG_LENGTH } from './suite.js';

const MAGIC_0 = 0x00;
const MAGIC_1 = 0xc7;
const VERSION = 1;
const FINGERPRINT_LENGTH = 16;
const MAX_FRAME_LENGTH = 2 ** 31 - 1;

/** How a frame names its key. */
export type KeyReference =
  | { readonly kind: 1 /** u32 id of a local key. */; readonly id: number }
  | { readonly kind: 2 /** 16 bytes that commit to the data key. */; readonly fingerprint: Buffer }
  | {
      readonly kind: 3;
      readonly fingerprint: Buffer;
      /** u8 number of the provider that unwraps: 1 aes, 2 awskms, 3 gcpkms, 4 azurekv, 5 vault, 128-255 others. */
      readonly provider: number;
      /** The wrapped data key, 1 to 65,535 bytes. */
      readonly wrapped: Buffer;
    };

/** Where the parts of a frame are, which is all that a data key needs to open it. */
export interface FrameLayout {
  readonly suite: Suite;
  /** Length of the header: every byte before the nonce. */
  readonly headerLength: number;
  /** Where the ciphertext begins; the last 16 bytes of the frame are the tag. */
  readonly ciphertextOffset: number;
}

/** A frame taken apart. Buffers are views of the frame. */
export interface Frame extends FrameLayout {
  readonly key: KeyReference;
}

const truncated = (length: number, needed: number): SqlcrypterError =>
  new SqlcrypterError(
    'FRAME_TRUNCATED',
    `The ciphertext is cut off: it begins as a frame but has ${length} bytes where at least ${needed} are needed. ` +
      'Check that the column and every hop to it can hold the whole value.',
  );

const unsupported = (what: string): SqlcrypterError =>
  new SqlcrypterError(
    'FRAME_UNSUPPORTED',
    `The ciphertext frame has ${what}, which this version does not read. ` +
      'It was written by a newer version, or its header was changed.',
  );

/**
 * Takes a v1 frame apart without touching any key. Every length is checked before a slice is made.
 *
 * Errors: `FRAME_UNKNOWN` (not a frame), `FRAME_TRUNCATED` (begins as one but is too short, down to one byte),
 * `FRAME_UNSUPPORTED` (version, suite, kind, reserved bits).
 */
export function parseFrame(bytes: Buffer): Frame {
  const length = bytes.length;
  if (bytes[0] !== MAGIC_0 || (length > 1 && bytes[1] !== MAGIC_1)) {
    throw new SqlcrypterError(
      'FRAME_UNKNOWN',
      'The value is not a sqlcrypter frame: it may be plaintext, text, or from another library. ' +
        'Expected bytes that encrypt() returned, as the database stored them.',
    );
  }
  if (length < 4) throw truncated(length, 4);
  const version = (bytes[2] as number) >> 4;
  if (version !== VERSION) throw unsupported(`version ${version}`);
  const suite = suiteByNumber((bytes[2] as number) & 0x0f);
  if (suite === undefined) throw unsupported(`suite ${(bytes[2] as number) & 0x0f}`);
  const flags = bytes[3] as number;
  if (flags >> 3 !== 0) throw unsupported('reserved bits set');
  if (length > MAX_FRAME_LENGTH) throw unsupported(`${length} bytes, more than any frame has`);

  const kind = flags;
  const tail = suite.nonceLength + TAG_LENGTH;
  if (kind === 1) {
    if (length < 8 + tail) throw truncated(length, 8 + tail);
    const id = bytes.readUInt32BE(4);
    return { suite: suite.suite, key: { kind, id }, headerLength: 8, ciphertextOffset: 8 + suite.nonceLength };
  }
  if (kind === 2) {
    if (length < 20 + tail) throw truncated(length, 20 + tail);
    const fingerprint = bytes.subarray(4, 20);
    return {
      suite: suite.suite,
      key: { kind, fingerprint },
      headerLength: 20,
      ciphertextOffset: 20 + suite.nonceLength,
    };
  }
  if (kind === 3) {
    if (length < 23 + tail) throw truncated(length, 23 + tail);
    const wrappedLength = bytes.readUInt16BE(21);
    if (wrappedLength === 0) throw unsupported('a wrapped key of no bytes');
    const headerLength = 23 + wrappedLength;
    if (length < headerLength + tail) throw truncated(length, headerLength + tail);
    const key = {
      kind,
      fingerprint: bytes.subarray(4, 20),
      provider: bytes[20] as number,
      wrapped: bytes.subarray(23, headerLength),
    } as const;
    return { suite: suite.suite, key, headerLength, ciphertextOffset: headerLength + suite.nonceLength };
  }
  throw unsupported(`key reference kind ${kind}`);
}

function isInteger(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

function encodeKeyReference(key: KeyReference): Buffer {
  if (key.kind === 1) {
    if (!isInteger(key.id, 0, 0xffff_ffff)) throw configError(`key id ${key.id}`, 'an integer from 0 to 4294967295');
    const id = Buffer.alloc(4);
    id.writeUInt32BE(key.id);
    return id;
  }
  if (key.fingerprint.length !== FINGERPRINT_LENGTH) {
    throw configError(`a fingerprint of ${key.fingerprint.length} bytes`, `${FINGERPRINT_LENGTH} bytes`);
  }
  if (key.kind === 2) return Buffer.from(key.fingerprint);
  if (!isInteger(key.provider, 1, 255))
    throw configError(`provider number ${key.provider}`, 'an integer from 1 to 255');
  if (!isInteger(key.wrapped.length, 1, 0xffff)) {
    throw configError(`a wrapped key of ${key.wrapped.length} bytes`, '1 to 65535 bytes');
  }
  const lengths = Buffer.alloc(3);
  lengths.writeUInt8(key.provider, 0);
  lengths.writeUInt16BE(key.wrapped.length, 1);
  return Buffer.concat([key.fingerprint, lengths, key.wrapped]);
}

function configError(got: string, expected: string): SqlcrypterError {
  return new SqlcrypterError('CONFIG', `A frame cannot carry ${got}: expected ${expected}.`);
}

/**
 * The bytes before the nonce, for values encrypted with this suite under this key: made once per key, used for every
 * value. `CONFIG` where a part does not fit its field.
 */
export function encodeFrameHeader(suite: Suite, key: KeyReference): Buffer {
  const start = Buffer.from([MAGIC_0, MAGIC_1, (VERSION << 4) | SUITES[suite].number, key.kind]);
  return Buffer.concat([start, encodeKeyReference(key)]);
}

/** Whether bytes begin as a frame: two bytes that no UTF-8 text and no wrapped value of the Go library begins with. */
export function looksLikeFrame(bytes: Uint8Array): boolean {
  return bytes[0] === MAGIC_0 && bytes[1] === MAGIC_1;
}
