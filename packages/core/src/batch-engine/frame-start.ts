const FIXED_LENGTH = 24;
const PREFIX_LENGTH = 12;
const SUITE_X = 2;
/** The shortest start there is. */
const SAMPLE_LENGTH = 8;

/**
 * How many bytes before the GCM nonce a frame has: its header and, with suite X, the nonce prefix. Values that share
 * them share a derived key. 0 for what cannot be a frame; whether it is one, `parseFrame` says.
 */
export function frameStartLength(frame: Uint8Array): number {
  if (frame.length < FIXED_LENGTH || frame[0] !== 0) return 0;
  const prefix = ((frame[2] as number) & 0x0f) === SUITE_X ? PREFIX_LENGTH : 0;
  const kind = frame[3];
  if (kind === 1) return 8 + prefix;
  if (kind === 2) return 20 + prefix;
  if (kind === 3) return 23 + ((frame[21] as number) << 8) + (frame[22] as number) + prefix;
  return 0;
}

/**
 * Whether a frame probably begins with the first `length` bytes of another: its kind and the last bytes of the nonce
 * prefix or of the header are looked at, which are random or name the key. The engine compares whole starts, and refuses
 * what differs after all.
 */
export function beginsAlike(frame: Uint8Array, other: Uint8Array, length: number): boolean {
  if (frame.length < length || frame[2] !== other[2] || frame[3] !== other[3]) return false;
  for (let i = length - SAMPLE_LENGTH; i < length; i++) if (frame[i] !== other[i]) return false;
  return true;
}

/** The last four bytes of a start as a number: those that begin alike have the same, and few others. */
export function glanceAt(frame: Uint8Array, startLength: number): number {
  const at = (back: number): number => frame[startLength - back] as number;
  return at(1) | (at(2) << 8) | (at(3) << 16) | (at(4) << 24);
}
