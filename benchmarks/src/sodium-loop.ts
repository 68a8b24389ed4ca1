import { randomBytes } from 'node:crypto';
import sodium from 'sodium-native';

const NONCE_LENGTH = 24;
const TAG_LENGTH = 16;

/** XChaCha20-Poly1305 of libsodium, as its documentation shows it: nonce ‖ ciphertext ‖ tag. */
export function sodiumEncrypt(key: Buffer, plaintext: Buffer, data: Buffer): Buffer {
  const nonce = randomBytes(NONCE_LENGTH);
  const ciphertext = Buffer.allocUnsafe(plaintext.length + TAG_LENGTH);
  sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(ciphertext, plaintext, data, null, nonce, key);
  return Buffer.concat([nonce, ciphertext]);
}

export function sodiumDecrypt(key: Buffer, ciphertext: Buffer, data: Buffer): Buffer {
  const plaintext = Buffer.allocUnsafeSlow(ciphertext.length - NONCE_LENGTH - TAG_LENGTH);
  const [nonce, sealed] = [ciphertext.subarray(0, NONCE_LENGTH), ciphertext.subarray(NONCE_LENGTH)];
  sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(plaintext, null, sealed, data, nonce, key);
  return plaintext;
}
