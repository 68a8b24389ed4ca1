import { randomBytes } from 'node:crypto';
import { type Closeable, type Crypterer, SqlcrypterError, type Suite } from '@sqlcrypter/core';
import { authFailed, defineCrypterer, type Frame, parseFrame } from '@sqlcrypter/core/provider';
import { authenticatedData, derivedKey, forgeFrame, nonceLength, openForged } from '../src/forged-frame.js';
import type { LocalOptions } from '../test/reference/local-crypterer.js';

type DataKeyBytes = Uint8Array;

/** The steps of frame v1 with local keys, done by hand. A bad provider does one of them wrongly. */
export interface Steps {
  nonce(length: number): Buffer;
  /** What a value is authenticated with beside itself. */
  authenticated(header: Buffer, context: Buffer): Buffer;
  /** The data keys to try for a frame. */
  candidates(frame: Frame, dataKeys: readonly DataKeyBytes[]): readonly DataKeyBytes[];
  /** Decrypts nonce ‖ ciphertext ‖ tag; throws whatever it likes if it does not authenticate. */
  open(dataKey: DataKeyBytes, suite: Suite, body: Buffer, data: Buffer): Buffer;
  parse(ciphertext: Buffer): Frame;
}

function idOf(dataKey: DataKeyBytes): number {
  return derivedKey(dataKey, 'commit').readUInt32BE(0);
}

const RIGHT_STEPS: Steps = {
  nonce: randomBytes,
  authenticated: authenticatedData,
  candidates: ({ key }, dataKeys) => dataKeys.filter((dataKey) => key.kind === 1 && idOf(dataKey) === key.id),
  open: openForged,
  parse: parseFrame,
};

/** A crypterer with local keys that takes its steps from `RIGHT_STEPS`, but for those given. */
export function createHandmadeCrypterer(
  { key, decryptKeys = [], suite = 'xaes-256-gcm' }: LocalOptions,
  wrongSteps: Partial<Steps> = {},
): Crypterer & Closeable {
  const steps = { ...RIGHT_STEPS, ...wrongSteps };
  const header = Buffer.from([0x00, 0xc7, suite === 'aes-256-gcm' ? 0x11 : 0x12, 1, 0, 0, 0, 0]);
  header.writeUInt32BE(idOf(key), 4);
  return defineCrypterer({
    scheme: 'handmade',
    async encrypt(plaintext, { context }) {
      const data = steps.authenticated(header, context);
      return forgeFrame({ dataKey: key, suite, header, nonce: steps.nonce(nonceLength(suite)), plaintext, data });
    },
    async decrypt(ciphertext, { context }) {
      const frame = steps.parse(ciphertext);
      if (frame.key.kind === 3) throw new SqlcrypterError('FRAME_UNSUPPORTED', 'The value carries a wrapped key.');
      const candidates = steps.candidates(frame, [key, ...decryptKeys]);
      if (candidates.length === 0) throw new SqlcrypterError('KEY_NOT_FOUND', 'No key of that name.');
      const data = steps.authenticated(ciphertext.subarray(0, frame.headerLength), context);
      for (const candidate of candidates) {
        try {
          return steps.open(candidate, frame.suite, ciphertext.subarray(frame.headerLength), data);
        } catch {
          // The next candidate may do.
        }
      }
      throw authFailed();
    },
  });
}
