import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { SqlcrypterError } from '@sqlcrypter/core';
import {
  createEnvelopeCrypterer,
  type EnvelopeCrypterer,
  type EnvelopeOptions,
  type GeneratedDataKey,
  type KeyService,
  type KeyServiceOptions,
  type UnwrappedDataKey,
  type WrappedDataKey,
} from '../../src/index.js';
import { whenTestEnds } from './when-test-ends.js';

/** Nonce, key and tag. */
export const WRAPPED_LENGTH = 60;

export type Operation = 'generate' | 'unwrap';

/**
 * A key service in memory with real cryptography: data keys are wrapped by AES-256-GCM. It counts its calls, and a test
 * can put something before each of them.
 */
export class MemoryKms implements KeyService {
  readonly provider: number = 200;
  readonly keyId: string = 'memory';
  readonly scheme: string = 'memory';
  readonly calls: Record<Operation, number> = { generate: 0, unwrap: 0 };
  /** The most calls of a kind that were under way at once. */
  readonly mostAtOnce: Record<Operation, number> = { generate: 0, unwrap: 0 };
  /** Awaited before each answer; what it throws is the answer. */
  before: (operation: Operation, signal: AbortSignal, wrapped?: Uint8Array) => unknown = () => undefined;
  readonly #underWay: Record<Operation, number> = { generate: 0, unwrap: 0 };
  readonly #key = randomBytes(32);

  async generateDataKey({ signal, bare }: KeyServiceOptions): Promise<GeneratedDataKey> {
    return this.#call('generate', signal, () => {
      const plaintext = randomBytes(32);
      return { plaintext, wrapped: this.wrap(plaintext, bare), keyId: this.keyId };
    });
  }

  async wrapDataKey(plaintext: Uint8Array, { signal, binding }: KeyServiceOptions): Promise<WrappedDataKey> {
    return this.#call('generate', signal, () => ({ wrapped: this.wrap(plaintext, false, binding), keyId: this.keyId }));
  }

  holds(keyId: string): boolean {
    return keyId === this.keyId;
  }

  async unwrapDataKey(wrapped: Uint8Array, { signal, bare, binding }: KeyServiceOptions): Promise<UnwrappedDataKey> {
    const answer = () => ({ plaintext: this.#open(wrapped, bare, binding), keyId: this.keyId });
    return this.#call('unwrap', signal, answer, wrapped);
  }

  /** What the service makes of a data key: nonce ‖ ciphertext ‖ tag. */
  wrap(plaintext: Uint8Array, bare = false, binding: Readonly<Record<string, string>> = {}): Buffer {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: 16 });
    cipher.setAAD(boundTo(bare, binding));
    return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }

  #open(wrapped: Uint8Array, bare = false, binding: Readonly<Record<string, string>> = {}): Buffer {
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, wrapped.subarray(0, 12), { authTagLength: 16 });
      decipher.setAAD(boundTo(bare, binding));
      decipher.setAuthTag(wrapped.subarray(-16));
      return Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()]);
    } catch {
      throw new SqlcrypterError('KMS_INVALID_BLOB', 'The blob was not wrapped here.');
    }
  }

  async #call<T>(operation: Operation, signal: AbortSignal, answer: () => T, wrapped?: Uint8Array): Promise<T> {
    this.calls[operation] += 1;
    this.#underWay[operation] += 1;
    this.mostAtOnce[operation] = Math.max(this.mostAtOnce[operation], this.#underWay[operation]);
    try {
      await this.before(operation, signal, wrapped);
      return answer();
    } finally {
      this.#underWay[operation] -= 1;
    }
  }
}

/** A KMS with a key of its own, and a provider number of its own. */
export class OtherKms extends MemoryKms {
  override readonly provider: number = 201;
  override readonly keyId: string = 'other';
}

function boundTo(bare: boolean, binding: Readonly<Record<string, string>>): Buffer {
  return Buffer.from(JSON.stringify([bare, Object.entries(binding).sort()]));
}

/** For `before`: no answer until the caller gives up. */
export function hang(_operation: Operation, signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}

/** For `before`: the service is down. */
export function beDown(): never {
  throw new SqlcrypterError('KMS_UNAVAILABLE', 'The service is down.');
}

/** A crypterer under a key service that ends with the test. */
export async function createEnvelope(service: KeyService, options: EnvelopeOptions = {}): Promise<EnvelopeCrypterer> {
  const crypterer = await createEnvelopeCrypterer(service, options);
  whenTestEnds(() => crypterer.close());
  return crypterer;
}
