import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import { BatchKey } from '../src/batch-engine/batch-key.js';
import { CounterCipher } from '../src/batch-engine/counter-cipher.js';
import { type GcmModule, gcmModule } from '../src/batch-engine/gcm-module.js';
import { openMany } from '../src/batch-engine/open-many.js';
import { sealMany } from '../src/batch-engine/seal-many.js';

/** Numbers and bytes that are the same in every run. */
export class Seeded {
  readonly #stream;
  #bytes = Buffer.alloc(0);
  #next = 0;

  constructor(seed: number) {
    this.#stream = createCipheriv('aes-256-ctr', Buffer.alloc(32, seed), Buffer.alloc(16));
  }

  /** In memory of their own. */
  bytes(length: number): Buffer {
    if (this.#next + length > this.#bytes.length) {
      this.#bytes = this.#stream.update(Buffer.alloc(Math.max(length, 1 << 20)));
      this.#next = 0;
    }
    this.#next += length;
    return Buffer.from(this.#bytes.subarray(this.#next - length, this.#next));
  }

  /** From 0 to `end - 1`. */
  below(end: number): number {
    return this.bytes(6).readUIntBE(0, 6) % end;
  }
}

/** The module itself: these tests are about WebAssembly, and without it they have nothing to say. */
export function requireModule(): GcmModule {
  const module = gcmModule();
  if (module === undefined) throw new Error('This process has no WebAssembly SIMD');
  return module;
}

/** A key with what its frames and its authenticated data begin with. */
export interface TestKey {
  readonly raw: Buffer;
  readonly start: Buffer;
  readonly dataBeforeContext: Buffer;
  readonly batchKey: BatchKey;
}

export function testKey(raw: Buffer, start: Buffer, dataBeforeContext: Buffer): TestKey {
  const batchKey = new BatchKey(new CounterCipher(raw), start, dataBeforeContext);
  return { raw, start, dataBeforeContext, batchKey };
}

/** One frame, by node:crypto. */
export function sealWithNode({ raw, start, dataBeforeContext }: TestKey, nonce: Buffer, text: Buffer, context: Buffer) {
  const cipher = createCipheriv('aes-256-gcm', raw, nonce, { authTagLength: 16 });
  cipher.setAAD(Buffer.concat([dataBeforeContext, context]));
  return Buffer.concat([start, nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

/** One plaintext, by node:crypto. */
export function openWithNode({ raw, start, dataBeforeContext }: TestKey, frame: Buffer, context: Buffer): Buffer {
  const text = start.length + 12;
  const decipher = createDecipheriv('aes-256-gcm', raw, frame.subarray(start.length, text), { authTagLength: 16 });
  decipher.setAAD(Buffer.concat([dataBeforeContext, context]));
  decipher.setAuthTag(frame.subarray(-16));
  return Buffer.concat([decipher.update(frame.subarray(text, -16)), decipher.final()]);
}

export function sealWithEngine(key: TestKey, texts: Buffer[], contexts: Buffer[]): Buffer[] {
  return sealMany(requireModule(), key.batchKey, texts, contexts, randomFillSync);
}

/** What the engine opened, by position, and the positions that it refused. */
export function openWithEngine(key: TestKey, frames: Buffer[], contexts: Buffer[]) {
  const texts = new Array<Buffer | undefined>(frames.length);
  const take = (position: number, memory: Buffer, start: number, end: number): void => {
    texts[position] = Buffer.from(memory.subarray(start, end));
  };
  const refused = openMany(requireModule(), key.batchKey, frames, contexts, [...frames.keys()], take);
  return { texts, refused };
}
