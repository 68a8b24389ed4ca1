// GHASH and the XOR of AES-GCM for sixteen values at once, in WebAssembly SIMD. AES itself is not here: node:crypto
// encrypts the counter blocks between `writeCounters` and `open` or `seal`.
//
// CONSTANT TIME. Control flow and addresses depend on lengths and positions only, which the ciphertext shows anyway.
// What depends on secrets goes through `i8x16.swizzle`, a look-up inside a register, and through and, xor and shift.
// The one exception is the verdict on a tag, which is what the caller is told.
//
// BYTE SLICES. Sixteen values are hashed side by side: vector j holds byte j of the sixteen running hashes. GHASH
// multiplies each by the same H, which is linear: each nibble of a hash contributes its own multiple of H. The table
// has for every nibble position and every byte of the product a vector of the sixteen possible contributions, so that
// one swizzle looks up that byte for all sixteen values.
//
// Every function works in the memory that the module exports. Nothing here checks an address or a length: the caller,
// src/batch-engine, owns the memory from 0x6000 on and keeps 16 readable bytes behind whatever it passes.

// ---- the module's own part of the memory

/**
 * 10 KiB: the table of H times H, as that of H is; in each half there follow four of the other's 256-byte parts: of the
 * bytes of the last block, which holds lengths, that are not always 0.
 */
const SQUARE_TABLE: usize = 0x0400;
/** 8 KiB: for each half of the product, each input byte, each of 8 output bytes: low nibble's and high nibble's vector. */
const TABLE: usize = 0x2c00;
/** 16 vectors: byte j of the sixteen hashes. */
const HASHES: usize = 0x4c00;
/** 20 vectors: byte j of the sixteen values to be multiplied; the bytes of the lengths. */
const FACTORS: usize = 0x4d00;
const LENGTHS: usize = 0x4e00;
/** 2 x 16 vectors, for turning rows into byte slices and back. */
const TURN: usize = 0x4e80;
/** 128 blocks: H times x to the power of 0 to 127; used while a table is made. */
const POWERS: usize = 0x5100;
/** The hash of the authenticated data that all values share. */
const SHARED: usize = 0x5900;

/** Bytes of a table for each input byte and half of the product. */
const INPUT: usize = 256;
const INPUTS: i32 = 16;
const SQUARE_INPUTS: i32 = 20;
/** Of as many blocks the lengths in bits fit into two bytes. */
const SHORT_BLOCKS: i32 = 500;

const BLOCK: usize = 16;
const LANES: i32 = 16;
const NONCE_LENGTH: i32 = 12;

// ---- a value's descriptor: four u32

/** Address of its ciphertext, or of the plaintext to become one; its nonce is before it, room for its tag behind it. */
const TEXT: usize = 0;
/** Bytes of its text. */
const LENGTH: usize = 4;
/** Address of its own authenticated data, which follow on what all values share. */
const DATA: usize = 8;
/** Bytes of them. `open` puts its verdict here: 0 if the tag is right. */
const DATA_LENGTH: usize = 12;
const DESCRIPTOR: usize = 16;

/** Blocks that `length` bytes fill, the last perhaps in part. */
function blocksOf(length: i32): i32 {
  return (length + 15) >> 4;
}

/** A vector with ones in its first `count` bytes: all of them from 16 on. */
function firstBytes(count: i32): v128 {
  const positions = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return i8x16.lt_s(positions, i8x16.splat(<i8>min(count, 16)));
}

function zipLow(a: v128, b: v128): v128 {
  return v128.shuffle<u8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

function zipHigh(a: v128, b: v128): v128 {
  return v128.shuffle<u8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/** One of four rounds that turn 16 rows into 16 columns: rows `i` and `i + 8` are zipped into rows `2i` and `2i + 1`. */
function zipRows(from: usize, stride: usize, to: usize): void {
  const half = stride << 3;
  for (let i: usize = 0; i < 8; i++) {
    const a = v128.load(from + i * stride);
    const b = v128.load(from + i * stride + half);
    v128.store(to + i * 32, zipLow(a, b));
    v128.store(to + i * 32, zipHigh(a, b), 16);
  }
}

/** Turns 16 rows of 16 bytes, `stride` apart, into byte slices at `to`; the same again turns them back. */
function turn(from: usize, stride: usize, to: usize): void {
  zipRows(from, stride, TURN);
  zipRows(TURN, BLOCK, TURN + 256);
  zipRows(TURN + 256, BLOCK, TURN);
  zipRows(TURN, BLOCK, to);
}

/** Makes the table of the H at `address`, with `inputs` parts in each half. */
function makeTableOf(address: usize, table: usize, inputs: usize): void {
  // GCM's bits are reversed: the highest bit of the first byte belongs to x^0, so times x is a shift to the right.
  let high = bswap(load<u64>(address));
  let low = bswap(load<u64>(address, 8));
  for (let power: usize = 0; power < 128; power++) {
    store<u64>(POWERS + power * BLOCK, bswap(high));
    store<u64>(POWERS + power * BLOCK, bswap(low), 8);
    const overflow = 0 - (low & 1);
    low = (low >> 1) | (high << 63);
    high = (high >> 1) ^ (overflow & 0xe100000000000000);
  }
  // Which nibbles have which bit.
  const bit3 = i8x16(0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1);
  const bit2 = i8x16(0, 0, 0, 0, -1, -1, -1, -1, 0, 0, 0, 0, -1, -1, -1, -1);
  const bit1 = i8x16(0, 0, -1, -1, 0, 0, -1, -1, 0, 0, -1, -1, 0, 0, -1, -1);
  const bit0 = i8x16(0, -1, 0, -1, 0, -1, 0, -1, 0, -1, 0, -1, 0, -1, 0, -1);
  for (let input: usize = 0; input < 16; input++) {
    for (let output: usize = 0; output < 16; output++) {
      const from = POWERS + input * 128 + output;
      const to = table + ((output >> 3) * inputs + input) * INPUT + (output & 7) * 32;
      const highNibble = v128.xor(
        v128.xor(v128.and(v128.load8_splat(from), bit3), v128.and(v128.load8_splat(from, 16), bit2)),
        v128.xor(v128.and(v128.load8_splat(from, 32), bit1), v128.and(v128.load8_splat(from, 48), bit0)),
      );
      const lowNibble = v128.xor(
        v128.xor(v128.and(v128.load8_splat(from, 64), bit3), v128.and(v128.load8_splat(from, 80), bit2)),
        v128.xor(v128.and(v128.load8_splat(from, 96), bit1), v128.and(v128.load8_splat(from, 112), bit0)),
      );
      v128.store(to, lowNibble);
      v128.store(to, highNibble, 16);
    }
  }
}

/** Makes the table of the H at `address`. */
export function makeTable(address: usize): void {
  makeTableOf(address, TABLE, INPUTS);
}

/** Makes the table of H times H, of the H at `address`, whose own table is there. */
export function makeSquareTable(address: usize): void {
  clearHashes();
  absorb(address, 0, TABLE, INPUTS);
  turn(HASHES, BLOCK, TURN + 256);
  makeTableOf(TURN + 256, SQUARE_TABLE, SQUARE_INPUTS);
  for (let half: usize = 0; half < 2; half++) {
    const from = TABLE + half * INPUTS * INPUT;
    const to = SQUARE_TABLE + (half * SQUARE_INPUTS + INPUTS) * INPUT;
    memory.copy(to, from + 6 * INPUT, 2 * INPUT);
    memory.copy(to + 2 * INPUT, from + 14 * INPUT, 2 * INPUT);
  }
}

/** The contributions of one input byte of sixteen values to one output byte; `table` has both nibbles' vectors. */
function contribution(sum: v128, table: usize, low: v128, high: v128): v128 {
  return v128.xor(
    sum,
    v128.xor(i8x16.swizzle(v128.load(table), low), i8x16.swizzle(v128.load(table, 16), high)),
  );
}

/** Eight bytes of the sixteen products, from `table` to `to`. */
function multiplyHalf(table: usize, inputs: i32, to: usize): void {
  const nibble = i8x16.splat(15);
  let sum0 = i8x16.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  let sum3 = sum0;
  let sum4 = sum0;
  let sum5 = sum0;
  let sum6 = sum0;
  let sum7 = sum0;
  for (let input: i32 = 0; input < inputs; input++) {
    const factor = v128.load(FACTORS + (<usize>input << 4));
    const low = v128.and(factor, nibble);
    const high = v128.and(i16x8.shr_u(factor, 4), nibble);
    sum0 = contribution(sum0, table, low, high);
    sum1 = contribution(sum1, table + 32, low, high);
    sum2 = contribution(sum2, table + 64, low, high);
    sum3 = contribution(sum3, table + 96, low, high);
    sum4 = contribution(sum4, table + 128, low, high);
    sum5 = contribution(sum5, table + 160, low, high);
    sum6 = contribution(sum6, table + 192, low, high);
    sum7 = contribution(sum7, table + 224, low, high);
    table += INPUT;
  }
  v128.store(to, sum0);
  v128.store(to, sum1, 16);
  v128.store(to, sum2, 32);
  v128.store(to, sum3, 48);
  v128.store(to, sum4, 64);
  v128.store(to, sum5, 80);
  v128.store(to, sum6, 96);
  v128.store(to, sum7, 112);
}

/** Takes the next block of each of sixteen streams, `stride` apart, into the hashes; `table` has so many inputs. */
function absorb(from: usize, stride: usize, table: usize, inputs: i32): void {
  turn(from, stride, FACTORS);
  for (let i: usize = 0; i < 256; i += BLOCK) {
    v128.store(FACTORS + i, v128.xor(v128.load(FACTORS + i), v128.load(HASHES + i)));
  }
  multiplyHalf(table, inputs, HASHES);
  multiplyHalf(table + <usize>inputs * INPUT, inputs, HASHES + 128);
}

function clearHashes(): void {
  memory.fill(HASHES, 0, 256);
}

/** Hashes the whole blocks of authenticated data at `address` that all values begin with. */
export function hashShared(address: usize, blocks: i32): void {
  clearHashes();
  for (let i: i32 = 0; i < blocks; i++) {
    // One value in all sixteen lanes.
    absorb(address + (<usize>i << 4), 0, TABLE, INPUTS);
  }
  turn(HASHES, BLOCK, TURN + 256);
  v128.store(SHARED, v128.load(TURN + 256));
}

/**
 * Writes the blocks to be encrypted for `count` values: a block of zeros, which becomes H; for each value its J0, which
 * masks the tag, and a counter block for each block of text; a block of zeros again, by which the caller sees that no
 * block was lost on the way. Gives the address behind the last.
 */
export function writeCounters(descriptors: usize, count: i32, to: usize): usize {
  v128.store(to, i8x16.splat(0));
  to += BLOCK;
  for (let i: i32 = 0; i < count; i++) {
    const descriptor = descriptors + <usize>i * DESCRIPTOR;
    const nonce = load<u32>(descriptor, TEXT) - NONCE_LENGTH;
    const start = load<u64>(nonce);
    const rest = load<u32>(nonce, 8);
    const blocks: u32 = blocksOf(load<i32>(descriptor, LENGTH)) + 1;
    for (let counter: u32 = 1; counter <= blocks; counter++) {
      store<u64>(to, start);
      store<u32>(to, rest, 8);
      store<u32>(to, bswap(counter), 12);
      to += BLOCK;
    }
  }
  v128.store(to, i8x16.splat(0));
  return to + BLOCK;
}

/** Blocks that are hashed for a value between the shared ones and the lengths: its own data and its text. */
function ownBlocks(descriptor: usize): i32 {
  return blocksOf(load<i32>(descriptor, DATA_LENGTH)) + blocksOf(load<i32>(descriptor, LENGTH));
}

/** Copies bytes to whole blocks, the last filled up with zeros. Gives the address behind them. */
function copyBlocks(to: usize, from: usize, length: i32): usize {
  for (; length > 0; length -= 16) {
    v128.store(to, v128.and(v128.load(from), firstBytes(length)));
    to += BLOCK;
    from += BLOCK;
  }
  return to;
}

/**
 * Hashes up to sixteen values and leaves the hashes as rows at `HASHES`. Each value's blocks are laid out in a stream of
 * its own, at the end of it: zeros before them do not change a hash that is still zero.
 *
 * The last block holds the lengths, nearly all of its bytes 0. Where the square of H has a table, it is not taken in like
 * the others: with B the block before it, ((hash + B) H + lengths) H is (hash + B) HH + lengths H, one product and a
 * quarter of another.
 */
function hashGroup(descriptors: usize, lanes: i32, sharedLength: i32, streams: usize, hasSquare: bool): void {
  let shortest = i32.MAX_VALUE;
  let longest: i32 = 0;
  for (let lane: i32 = 0; lane < lanes; lane++) {
    const blocks = ownBlocks(descriptors + <usize>lane * DESCRIPTOR);
    shortest = min(shortest, blocks);
    longest = max(longest, blocks);
  }
  const useSquare = hasSquare && shortest > 0 && (sharedLength >> 4) + longest < SHORT_BLOCKS;
  const last = <usize>(useSquare ? longest - 1 : longest) << 4;
  const stride = last + BLOCK;
  for (let lane: i32 = 0; lane < lanes; lane++) {
    const descriptor = descriptors + <usize>lane * DESCRIPTOR;
    const length = load<i32>(descriptor, LENGTH);
    const dataLength = load<i32>(descriptor, DATA_LENGTH);
    let to = streams + <usize>lane * stride;
    for (let zeros = longest - ownBlocks(descriptor); zeros > 0; zeros--) {
      v128.store(to, i8x16.splat(0));
      to += BLOCK;
    }
    const begin = to;
    to = copyBlocks(to, load<u32>(descriptor, DATA), dataLength);
    to = copyBlocks(to, load<u32>(descriptor, TEXT), length);
    const dataBits = <u64>(sharedLength + dataLength) << 3;
    const bits = <u64>length << 3;
    if (useSquare) {
      const lengths = LENGTHS + <usize>lane;
      store<u8>(lengths, <u8>(dataBits >> 8));
      store<u8>(lengths, <u8>dataBits, 16);
      store<u8>(lengths, <u8>(bits >> 8), 32);
      store<u8>(lengths, <u8>bits, 48);
    } else {
      store<u64>(to, bswap(dataBits));
      store<u64>(to, bswap(bits), 8);
    }
    v128.store(begin, v128.xor(v128.load(begin), v128.load(SHARED)));
  }
  clearHashes();
  for (let block: usize = 0; block < last; block += BLOCK) absorb(streams + block, stride, TABLE, INPUTS);
  if (useSquare) absorb(streams + last, stride, SQUARE_TABLE, SQUARE_INPUTS);
  else absorb(streams + last, stride, TABLE, INPUTS);
  turn(HASHES, BLOCK, HASHES);
}

/** XORs text with its key stream where `mask` allows; where not, zeros are written. Touches no byte beyond. */
function applyKeyStream(text: usize, length: i32, keyStream: usize, mask: v128): void {
  for (; length >= 16; length -= 16) {
    v128.store(text, v128.and(v128.xor(v128.load(text), v128.load(keyStream)), mask));
    text += BLOCK;
    keyStream += BLOCK;
  }
  if (length > 0) {
    const old = v128.load(text);
    const result = v128.and(v128.xor(old, v128.load(keyStream)), mask);
    v128.store(text, v128.bitselect(result, old, firstBytes(length)));
  }
}

/** Differences between two pieces of memory of `length` bytes: all zero if they are equal. */
function differences(a: usize, b: usize, length: i32): v128 {
  let result = i8x16.splat(0);
  for (; length > 0; length -= 16) {
    const difference = v128.xor(v128.load(a), v128.load(b));
    result = v128.or(result, v128.and(difference, firstBytes(length)));
    a += BLOCK;
    b += BLOCK;
  }
  return result;
}

/**
 * Opens `count` values in place. A value's verdict is in its descriptor; where it is not 0, its text is zeros.
 *
 * @param start the bytes that every value must have before its 12 nonce bytes, and `startLength` of them.
 * @param keyStream what became of the blocks of `writeCounters`.
 * @param hasSquare whether the square of H has its table in the memory.
 */
export function open(
  descriptors: usize,
  count: i32,
  start: usize,
  startLength: i32,
  sharedLength: i32,
  keyStream: usize,
  streams: usize,
  hasSquare: bool,
): void {
  keyStream += BLOCK;
  for (let first: i32 = 0; first < count; first += LANES) {
    const group = descriptors + <usize>first * DESCRIPTOR;
    const lanes = min(LANES, count - first);
    hashGroup(group, lanes, sharedLength, streams, hasSquare);
    for (let lane: i32 = 0; lane < lanes; lane++) {
      const descriptor = group + <usize>lane * DESCRIPTOR;
      const text: usize = load<u32>(descriptor, TEXT);
      const length = load<i32>(descriptor, LENGTH);
      const expected = v128.xor(v128.load(HASHES + (<usize>lane << 4)), v128.load(keyStream));
      const wrongTag = v128.xor(expected, v128.load(text + <usize>length));
      const wrongStart = differences(text - NONCE_LENGTH - startLength, start, startLength);
      const wrong = <i32>v128.any_true(v128.or(wrongTag, wrongStart));
      store<i32>(descriptor, wrong, DATA_LENGTH);
      applyKeyStream(text, length, keyStream + BLOCK, i8x16.splat(<i8>(wrong - 1)));
      keyStream += (<usize>blocksOf(length) + 1) << 4;
    }
  }
}

/** Seals `count` values in place and writes each one's tag behind it. Parameters as of `open`. */
export function seal(
  descriptors: usize,
  count: i32,
  sharedLength: i32,
  keyStream: usize,
  streams: usize,
  hasSquare: bool,
): void {
  keyStream += BLOCK;
  const all = i8x16.splat(-1);
  for (let first: i32 = 0; first < count; first += LANES) {
    const group = descriptors + <usize>first * DESCRIPTOR;
    const lanes = min(LANES, count - first);
    let blocks = keyStream;
    for (let lane: i32 = 0; lane < lanes; lane++) {
      const descriptor = group + <usize>lane * DESCRIPTOR;
      const length = load<i32>(descriptor, LENGTH);
      applyKeyStream(load<u32>(descriptor, TEXT), length, blocks + BLOCK, all);
      blocks += (<usize>blocksOf(length) + 1) << 4;
    }
    hashGroup(group, lanes, sharedLength, streams, hasSquare);
    for (let lane: i32 = 0; lane < lanes; lane++) {
      const descriptor = group + <usize>lane * DESCRIPTOR;
      const length = load<i32>(descriptor, LENGTH);
      const tag = v128.xor(v128.load(HASHES + (<usize>lane << 4)), v128.load(keyStream));
      v128.store(<usize>load<u32>(descriptor, TEXT) + <usize>length, tag);
      keyStream += (<usize>blocksOf(length) + 1) << 4;
    }
  }
}

/** Writes what frames begin with, and their nonces from `nonces`, before each value's text. */
export function writeStarts(descriptors: usize, count: i32, start: usize, startLength: i32, nonces: usize): void {
  for (let i: i32 = 0; i < count; i++) {
    const nonce = <usize>load<u32>(descriptors + <usize>i * DESCRIPTOR, TEXT) - NONCE_LENGTH;
    let to = nonce - startLength;
    let from = start;
    let length = startLength;
    for (; length >= 16; length -= 16) {
      v128.store(to, v128.load(from));
      to += BLOCK;
      from += BLOCK;
    }
    for (; length > 0; length--) store<u8>(to++, load<u8>(from++));
    store<u64>(nonce, load<u64>(nonces));
    store<u32>(nonce, load<u32>(nonces, 8), 8);
    nonces += NONCE_LENGTH;
  }
}

/**
 * Overwrites every secret that a batch has left behind: table, hashes and whatever led to them, and what the caller's
 * four parts hold from their beginnings to the given ends.
 */
export function wipe(
  hasSquare: bool,
  data: usize,
  dataEnd: usize,
  keyStream: usize,
  keyStreamEnd: usize,
  frames: usize,
  framesEnd: usize,
  streams: usize,
  streamsEnd: usize,
): void {
  const tables = hasSquare ? SQUARE_TABLE : TABLE;
  memory.fill(tables, 0, SHARED + BLOCK - tables);
  memory.fill(data, 0, dataEnd - data);
  memory.fill(keyStream, 0, keyStreamEnd - keyStream);
  memory.fill(frames, 0, framesEnd - frames);
  memory.fill(streams, 0, streamsEnd - streams);
}
