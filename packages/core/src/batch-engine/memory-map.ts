/**
 * Who has which part of the module's 448 KiB. The first 24 KiB are the module's own. Parts that values of any content go
 * to end 16 bytes before the next, because the module reads whole vectors.
 */

/** GCM's lengths, which the layout of a frame in the memory follows. */
export const NONCE_LENGTH = 12;
export const TAG_LENGTH = 16;

/** What the module makes of a key, and of the authenticated data that all values share. */
export const SQUARE_TABLE = 0x0400;
export const SQUARE_TABLE_LENGTH = 0x2800;
export const TABLE = 0x2c00;
export const TABLE_LENGTH = 0x2000;
export const SHARED_HASH = 0x5900;

/** The bytes that every frame begins with. */
export const START = 0x6000;
/** The longest such start. */
export const START_CAPACITY = 0x7f0;

/** A descriptor of four u32 for each value: address and length of its text, of its own authenticated data. */
export const DESCRIPTORS = 0x6800;
export const DESCRIPTOR_WORDS = 4;
/** Values in the memory at once. */
export const MAX_VALUES = 512;

/** 12 bytes for each value that is sealed. */
export const NONCES = 0x8800;

/** First the authenticated data that all values share, then what each has of its own. */
export const DATA = 0xa000;
export const DATA_CAPACITY = 0x9ff0;

/** Counter blocks, which become key stream. */
export const KEY_STREAM = 0x14000;
/** Enough to keep a call's overhead small, and to stay in the processor's nearest cache. */
export const KEY_STREAM_CAPACITY = 0x8000;

/** Whole frames, back to back. */
export const FRAMES = 0x1d000;
export const FRAMES_CAPACITY = 0x23ff0;

/** Where the module lays out sixteen values' blocks to be hashed; to the end of the memory. */
export const STREAMS = 0x41000;
export const MEMORY_LENGTH = 0x70000;

/** What the engine takes: at most so many bytes of text, and of context. The parts above have room for either. */
export const MAX_TEXT_LENGTH = 4096;
export const MAX_CONTEXT_LENGTH = 4096;
