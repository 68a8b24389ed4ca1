import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  commitment,
  contexts,
  dataKey,
  frames,
  invalidContexts,
  keyId,
  malformed,
  shortest,
  wrapped,
} from '../../../testing/vectors/frame-v1.js';
import { DataKey } from '../src/data-key.js';
import { encodeContext } from '../src/encryption-context.js';
import { encodeFrameHeader, type Frame, parseFrame } from '../src/frame.js';
import { SqlcrypterError } from '../src/sqlcrypter-error.js';
import { codeOf } from './code-of.js';

const VECTORS = new URL('../../../testing/vectors/', import.meta.url);

const key = new DataKey(dataKey);

/** Finds the data key as the vectors' crypterer does: by id, by fingerprint, or unwrapped by provider 2. */
function keyOf({ key: reference }: Frame): DataKey {
  if (reference.kind === 1 && reference.id === keyId) return key;
  if (reference.kind === 2 && key.hasFingerprint(reference.fingerprint)) return key;
  if (reference.kind !== 3) throw new SqlcrypterError('KEY_NOT_FOUND', 'No such key.');
  if (reference.provider !== 2) throw new SqlcrypterError('FRAME_UNSUPPORTED', 'Another provider.');
  if (!reference.wrapped.equals(wrapped)) throw new SqlcrypterError('KMS_INVALID_BLOB', 'Another wrapped key.');
  if (!key.hasFingerprint(reference.fingerprint)) throw new SqlcrypterError('KEY_COMMITMENT', 'Another fingerprint.');
  return key;
}

describe('frame-v1.json', () => {
  it('is what its script makes, byte for byte', () => {
    const made = execFileSync(process.execPath, [fileURLToPath(new URL('make-frame-v1.mjs', VECTORS)), '--print']);
    expect(made.toString()).toBe(readFileSync(new URL('frame-v1.json', VECTORS), 'utf8'));
  });

  it('has one name for each case', () => {
    for (const cases of [frames, malformed, contexts]) {
      expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    }
  });

  it('gives the commitment of the data key', () => {
    expect(key.fingerprint).toEqual(commitment.subarray(0, 16));
    expect(key.defaultId).toBe(commitment.readUInt32BE());
    expect(JSON.stringify(key)).toBe(`{"fingerprint":"${commitment.toString('hex', 0, 16)}"}`);
  });

  it.each(contexts)('encodes a context with $name', ({ context, encoded }) => {
    expect(encodeContext(context)).toEqual(encoded);
  });

  it.each(frames)('opens $name', ({ context, plaintext, ciphertext }) => {
    expect(key.open(ciphertext, parseFrame(ciphertext), encodeContext(context))).toEqual(plaintext);
  });

  it.each(frames)('begins $name with the header that is encoded', ({ suite, kind, header, ciphertext }) => {
    const frame = parseFrame(ciphertext);
    expect(frame).toMatchObject({ suite, headerLength: header.length, key: { kind } });
    expect(encodeFrameHeader(suite, frame.key)).toEqual(header);
  });

  it.each(malformed)('answers $code: $name', async ({ code, context, ciphertext }) => {
    const decrypt = () => {
      const frame = parseFrame(ciphertext);
      return keyOf(frame).open(ciphertext, frame, encodeContext(context));
    };
    expect(await codeOf(decrypt)).toBe(code);
  });

  it.each(frames)('tells every cut of $name apart by its length', async ({ name, ciphertext, context }) => {
    const enough = shortest.get(name) ?? Number.NaN;
    for (let length = 0; length < ciphertext.length; length++) {
      const cut = Buffer.from(ciphertext.subarray(0, length));
      const open = () => key.open(cut, parseFrame(cut), encodeContext(context));
      const code = length === 0 ? 'FRAME_UNKNOWN' : length < enough ? 'FRAME_TRUNCATED' : 'AUTH_FAILED';
      expect(await codeOf(open), `${length} bytes`).toBe(code);
    }
  });

  it.each(invalidContexts)('refuses a context with $name', async ({ context, code }) => {
    expect(await codeOf(() => encodeContext(context))).toBe(code);
  });

  it('has a fault for every code that a frame alone can cause', () => {
    const codes = new Set(malformed.filter(({ bytesAlone }) => bytesAlone).map(({ code }) => code));
    expect(codes).toEqual(new Set(['FRAME_UNKNOWN', 'FRAME_TRUNCATED', 'FRAME_UNSUPPORTED']));
  });
});
