const FIXED_LENGTH = 24;
const PREFIX_LENGTH = 12;
const SUITE_X = 2;

/**
 * How many bytes before the GCM nonce a frame has: its header and, with suite X, the nonce prefix. Values that share
 * them share a derived key. 0 for what cannot be a frame; whether it is one, `parseFrame` says.
 */
export function frameStartLength(frame: Buffer): number {
  if (frame.length < FIXED_LENGTH || frame[0] !== 0) return 0;
  const prefix = ((frame[2] as number) & 0x0f) === SUITE_X ? PREFIX_LENGTH : 0;
  const kind = frame[3];
  if (kind === 1) return 8 + prefix;
  if (kind === 2) return 20 + prefix;
  if (kind === 3) return 23 + ((frame[21] as number) << 8) + (frame[22] as number) + prefix;
  return 0;
}

/**
 * Whether a frame probably begins as another one does. The long middle of a header, the wrapped key, is not looked at:
 * the engine compares whole starts, and refuses what differs.
 */
export function beginsAlike(frame: Buffer, start: Buffer): boolean {
  const length = start.length;
  const head = Math.min(length, FIXED_LENGTH);
  for (let i = 0; i < head; i++) if (frame[i] !== start[i]) return false;
  for (let i = Math.max(head, length - PREFIX_LENGTH); i < length; i++) if (frame[i] !== start[i]) return false;
  return true;
}
