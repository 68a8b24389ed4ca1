/** Reads frame-v1.json for the tests of every package. */
import { readFileSync } from 'node:fs';

type JsonContext = Readonly<Record<string, string | { readonly hex: string }>>;

export type VectorContext = Readonly<Record<string, string | Uint8Array>>;

/** A genuine frame. */
export interface FrameVector {
  readonly name: string;
  readonly suite: 'aes-256-gcm' | 'xaes-256-gcm';
  readonly kind: 1 | 2 | 3;
  readonly context: VectorContext;
  readonly plaintext: Buffer;
  readonly header: Buffer;
  readonly ciphertext: Buffer;
}

/** A genuine frame with one fault. */
export interface MalformedVector<Code extends string = string> {
  readonly name: string;
  readonly comment: string;
  readonly code: Code;
  /** Every reader answers alike, whatever keys it has. */
  readonly bytesAlone: boolean;
  readonly context: VectorContext;
  readonly ciphertext: Buffer;
}

const json = JSON.parse(readFileSync(new URL('frame-v1.json', import.meta.url), 'utf8'));

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

function contextOf(context: JsonContext): VectorContext {
  const values = Object.entries(context).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : bytes(value.hex),
  ]);
  return Object.fromEntries(values);
}

type Json = Record<string, string> & { context: JsonContext };

export const dataKey: Buffer = bytes(json.dataKey);
export const commitment: Buffer = bytes(json.commitment);
/** What provider 2 unwraps to the data key, where a reader has such a provider. */
export const wrapped: Buffer = bytes(json.wrapped);
/** The id that malformed frames name the data key by. */
export const keyId = 0x01020304;

export const frames: readonly FrameVector[] = json.frames.map((frame: Json) => ({
  ...frame,
  context: contextOf(frame.context),
  plaintext: bytes(frame.plaintext as string),
  header: bytes(frame.header as string),
  ciphertext: bytes(frame.ciphertext as string),
}));

// biome-ignore lint/suspicious/noExplicitAny: the codes are checked against the error's own type where they are used.
export const malformed: readonly MalformedVector<any>[] = json.malformed.map((fault: Json) => ({
  ...fault,
  context: contextOf(fault.context),
  ciphertext: bytes(fault.ciphertext as string),
}));

export const contexts: readonly { name: string; context: VectorContext; encoded: Buffer }[] = json.contexts.map(
  ({ name, context, encoded }: Json) => ({
    name,
    context: contextOf(context as never),
    encoded: bytes(encoded as string),
  }),
);

/** For each frame by name: how many of its bytes are enough for header, nonce and tag. */
export const shortest: ReadonlyMap<string, number> = new Map(
  json.shortest.map(({ name, bytes: length }: { name: string; bytes: number }) => [name, length]),
);

export const invalidContexts: readonly { name: string; context: VectorContext; code: string }[] = json.invalidContexts;

export const xaes: readonly Record<'key' | 'nonce' | 'data' | 'plaintext' | 'derivedKey' | 'ciphertext', Buffer>[] =
  json.xaes.map(({ name: _name, ...fields }: Record<string, string>) =>
    Object.fromEntries(Object.entries(fields).map(([field, hex]) => [field, bytes(hex)])),
  );
