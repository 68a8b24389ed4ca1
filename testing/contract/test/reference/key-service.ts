import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { SqlcrypterError } from '@sqlcrypter/core';

/** A key service as a KMS is one, in this process: wraps data keys with AES-256-GCM under a key that never leaves it. */
export class KeyService {
  readonly #keyEncryptionKey = randomBytes(32);
  #interrupted = false;

  async wrap(dataKey: Uint8Array): Promise<Buffer> {
    await this.#answer();
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#keyEncryptionKey, nonce);
    return Buffer.concat([nonce, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]);
  }

  async unwrap(wrapped: Buffer): Promise<Buffer> {
    await this.#answer();
    try {
      const nonce = wrapped.subarray(0, 12);
      const decipher = createDecipheriv('aes-256-gcm', this.#keyEncryptionKey, nonce, { authTagLength: 16 });
      decipher.setAuthTag(wrapped.subarray(-16));
      return Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()]);
    } catch {
      throw new SqlcrypterError('KMS_INVALID_BLOB', 'The key service did not wrap this key.');
    }
  }

  /** Fails every call until the function that this gives is called. */
  interrupt(): () => void {
    this.#interrupted = true;
    return () => {
      this.#interrupted = false;
    };
  }

  async #answer(): Promise<void> {
    await setImmediate();
    if (this.#interrupted) throw new SqlcrypterError('KMS_UNAVAILABLE', 'The key service cannot be reached.');
  }
}
