import { parseArn } from './arn.js';
import { invalidCiphertext } from './aws-error.js';

/**
 * The blob that KMS hands out: ARN length (1 byte), key ARN, backing key index (4 bytes, little-endian), nonce
 * (12), ciphertext, tag (16). Everything up to the nonce is the header.
 */
export interface CiphertextBlob {
  readonly header: BlobHeader;
  readonly nonce: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

export interface BlobHeader {
  readonly keyArn: string;
  readonly backingKeyIndex: number;
  /** Whether the header is part of what the tag covers. Marked by the highest bit of the index, which no rotation reaches. */
  readonly authenticated: boolean;
}

export const NONCE_LENGTH = 12;
export const TAG_LENGTH = 16;
const INDEX_LENGTH = 4;
const AUTHENTICATED_BIT = 0x8000_0000;

export function encodeHeader(header: BlobHeader): Buffer {
  const arn = Buffer.from(header.keyArn);
  const bytes = Buffer.alloc(1 + arn.length + INDEX_LENGTH);
  bytes.writeUInt8(arn.length);
  arn.copy(bytes, 1);
  const mark = header.authenticated ? AUTHENTICATED_BIT : 0;
  bytes.writeUInt32LE(header.backingKeyIndex + mark, 1 + arn.length);
  return bytes;
}

export function encodeBlob(blob: CiphertextBlob): Buffer {
  return Buffer.concat([encodeHeader(blob.header), blob.nonce, blob.ciphertext, blob.tag]);
}

/** @throws AwsError InvalidCiphertextException where the bytes cannot be a blob of this KMS. */
export function parseBlob(bytes: Buffer): CiphertextBlob {
  const arnLength = bytes[0] ?? 0;
  const headerLength = 1 + arnLength + INDEX_LENGTH;
  if (bytes.length < headerLength + NONCE_LENGTH + TAG_LENGTH) throw invalidCiphertext();

  const keyArn = bytes.toString('utf8', 1, 1 + arnLength);
  if (!parseArn(keyArn)?.resource.startsWith('key/')) throw invalidCiphertext();

  const index = bytes.readUInt32LE(1 + arnLength);
  const authenticated = index >= AUTHENTICATED_BIT;
  return {
    header: { keyArn, backingKeyIndex: authenticated ? index - AUTHENTICATED_BIT : index, authenticated },
    nonce: bytes.subarray(headerLength, headerLength + NONCE_LENGTH),
    ciphertext: bytes.subarray(headerLength + NONCE_LENGTH, bytes.length - TAG_LENGTH),
    tag: bytes.subarray(bytes.length - TAG_LENGTH),
  };
}
