/** Takes bytes from the front of a buffer, one piece after the other. */
export class Reader {
  readonly #bytes: Buffer;
  offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(length: number): Buffer {
    const start = this.offset;
    this.offset += length;
    return this.#bytes.subarray(start, this.offset);
  }
}
