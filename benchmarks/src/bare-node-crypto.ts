import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';

/** What everything is held against: AES-256-GCM as the documentation of node:crypto shows it. */
export function bareEncrypt(key: KeyObject, plaintext: Buffer, data: Buffer): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
  cipher.setAAD(data);
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

export function bareDecrypt(key: KeyObject, ciphertext: Buffer, data: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, ciphertext.subarray(0, 12), { authTagLength: 16 });
  decipher.setAAD(data);
  decipher.setAuthTag(ciphertext.subarray(-16));
  return Buffer.concat([decipher.update(ciphertext.subarray(12, -16)), decipher.final()]);
}
