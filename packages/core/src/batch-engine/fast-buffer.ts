/// <reference types="node" preserve="true" />

interface BufferClass {
  /** Zeros in memory of its own. */
  new (length: number): Buffer;
  /** A view of memory that others see, too. */
  new (memory: ArrayBufferLike, offset: number, length: number): Buffer;
}

/** What `Buffer.alloc` and `subarray` end in: for many short Buffers, what they do before costs as much again. */
export const FastBuffer: BufferClass = (Buffer as unknown as { readonly [Symbol.species]: BufferClass })[
  Symbol.species
];
