import { lengthOf } from '../genuine-bytes.js';

const FIXED_LENGTH = 24;
const PREFIX_LENGTH = 12;
const SUITE_X = 2;

/**
 * How many bytes before the GCM nonce a frame has: its header and, with suite X, the nonce prefix. Values that share
 * them share a derived key. 0 for what cannot be a frame; whether it is one, `parseFrame` says.
 */
export function frameStartLength(frame: Uint8Array): number {
  if (lengthOf(frame) < FIXED_LENGTH || frame[0] !== 0) return 0;
  const prefix = ((frame[2] as number) & 0x0f) === SUITE_X ? PREFIX_LENGTH : 0;
  const kind = frame[3];
  if (kind === 1) return 8 + prefix;
  if (kind === 2) return 20 + prefix;
  if (kind === 3) return 23 + ((frame[21] as number) << 8) + (frame[22] as number) + prefix;
  return 0;
}

/**
 * The four bytes before a place as a number. At the end of a start they are random or name the key, so that few frames
 * have the same but those that begin alike.
 */
export function glanceAt(frame: Uint8Array, end: number): number {
  return (
    (frame[end - 1] as number) |
    ((frame[end - 2] as number) << 8) |
    ((frame[end - 3] as number) << 16) |
    ((frame[end - 4] as number) << 24)
  );
}
