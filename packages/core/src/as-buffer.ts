/// <reference types="node" preserve="true" />

/** The same memory as a Buffer. Callers have made sure that it is a Uint8Array, and nothing that looks like one. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
