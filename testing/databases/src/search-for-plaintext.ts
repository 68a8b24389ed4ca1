import type { NamedBytes } from './database-files.js';

const shortestNeedle = 8;
const pieceLength = 24;

/** How a value was written where it was found. */
export type PlaintextForm = 'bytes' | 'hex' | 'base64' | 'base64url' | 'utf16le';

export interface PlaintextFinding {
  /** Of the haystack. */
  name: string;
  form: PlaintextForm;
  /** Of the first occurrence of that form, in bytes. */
  offset: number;
}

/**
 * Searches for a value as raw bytes, as hex in either case, as base64 and base64url at each of the three offsets that it
 * can have in a longer encoded text, and as UTF-16LE where it is UTF-8 text.
 *
 * Databases cut long values to the size of their pages, and encoders break lines: of a value over 24 bytes its
 * beginning, middle and end are searched for, each on its own. Compressed values are not found: use incompressible ones.
 *
 * @param needle at least 8 bytes, as shorter ones occur by chance
 * @returns one finding for each haystack and form
 */
export function searchForPlaintext(haystacks: Iterable<NamedBytes>, needle: Uint8Array): PlaintextFinding[] {
  if (needle.length < shortestNeedle) {
    throw new RangeError(`A value to search for has at least ${shortestNeedle} bytes; got ${needle.length}`);
  }
  const probes = piecesOf(Buffer.from(needle)).flatMap(probesFor);
  const findings: PlaintextFinding[] = [];
  for (const { name, bytes } of haystacks) {
    const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const firsts = new Map<PlaintextForm, number>();
    for (const { form, probe } of probes) {
      const offset = haystack.indexOf(probe);
      if (offset >= 0) firsts.set(form, Math.min(offset, firsts.get(form) ?? offset));
    }
    for (const [form, offset] of firsts) findings.push({ name, form, offset });
  }
  return findings;
}

function piecesOf(needle: Buffer): Buffer[] {
  if (needle.length <= pieceLength) return [needle];
  const last = needle.length - pieceLength;
  return [0, Math.floor(last / 2), last].map((start) => needle.subarray(start, start + pieceLength));
}

function probesFor(piece: Buffer): { form: PlaintextForm; probe: Buffer }[] {
  const hex = piece.toString('hex');
  const probes: { form: PlaintextForm; probe: Buffer }[] = [
    { form: 'bytes', probe: piece },
    { form: 'hex', probe: Buffer.from(hex) },
    { form: 'hex', probe: Buffer.from(hex.toUpperCase()) },
  ];
  for (const offset of [0, 1, 2]) {
    for (const form of ['base64', 'base64url'] as const) {
      probes.push({ form, probe: Buffer.from(base64At(offset, piece, form)) });
    }
  }
  const text = piece.toString('utf8');
  if (Buffer.from(text).equals(piece)) probes.push({ form: 'utf16le', probe: Buffer.from(text, 'utf16le') });
  return probes;
}

/** The characters that `piece` alone decides, when `offset` other bytes precede it and any others follow. */
function base64At(offset: number, piece: Buffer, encoding: 'base64' | 'base64url'): string {
  const encoded = Buffer.concat([Buffer.alloc(offset), piece]).toString(encoding);
  return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + piece.length) * 8) / 6));
}
