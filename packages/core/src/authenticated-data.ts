const DOMAIN = Buffer.from('sqlcrypter/1', 'latin1');
const HEADER_OFFSET = DOMAIN.length + 4;

/** What stands before the context in the bytes that a value with this header is authenticated with. */
export function dataBeforeContext(header: Buffer): Buffer {
  const length = Buffer.alloc(HEADER_OFFSET - DOMAIN.length);
  length.writeUInt32BE(header.length);
  return Buffer.concat([DOMAIN, length, header]);
}

/**
 * The bytes that a value is authenticated with besides itself: domain ‖ u32(header length) ‖ header ‖ context. One
 * buffer is kept for as long as header length and context stay the same, which they do along a column.
 */
export class AuthenticatedData {
  #bytes = Buffer.alloc(0);
  #headerLength = -1;
  #context: Buffer | undefined;

  /** For the header in the first `headerLength` bytes of `frame`. Valid until the next call. */
  of(frame: Buffer, headerLength: number, context: Buffer): Buffer {
    if (headerLength !== this.#headerLength || context !== this.#context) {
      this.#bytes = Buffer.alloc(HEADER_OFFSET + headerLength + context.length);
      DOMAIN.copy(this.#bytes);
      this.#bytes.writeUInt32BE(headerLength, DOMAIN.length);
      context.copy(this.#bytes, HEADER_OFFSET + headerLength);
      this.#headerLength = headerLength;
      this.#context = context;
    }
    frame.copy(this.#bytes, HEADER_OFFSET, 0, headerLength);
    return this.#bytes;
  }
}
