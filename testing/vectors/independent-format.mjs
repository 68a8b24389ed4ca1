// Frames, keys and contexts of docs/format.md, written a second time with node:crypto alone: the vectors are made by it,
// and no package uses it, so that a mistake in one of the two shows.
import { createCipheriv, createHmac } from 'node:crypto';

export const bytes = (...parts) => Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : part)));
export const hex = (text) => Buffer.from(text, 'hex');
export const utf8 = (text) => Buffer.from(text, 'utf8');
export const counting = (from, length) => Buffer.from(Array.from({ length }, (_, i) => from + i));
export const u16 = (n) => bytes((n >> 8) & 0xff, n & 0xff);
export const u32 = (n) => bytes(u16(n >>> 16), u16(n & 0xffff));

// HKDF-SHA256 (RFC 5869) for one block of output.
export function hkdf(key, info) {
  const extracted = createHmac('sha256', utf8('sqlcrypter/1')).update(key).digest();
  return createHmac('sha256', extracted)
    .update(bytes(utf8(info), 1))
    .digest();
}

function aesBlock(key, block) {
  return createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(block);
}

// XAES-256-GCM's key for a 12-byte prefix: CMAC in counter mode, which is one AES block per half.
export function extendedNonceKey(key, prefix) {
  const l = aesBlock(key, Buffer.alloc(16));
  const k1 = Buffer.from(l.map((byte, i) => ((byte << 1) & 0xff) | ((l[i + 1] ?? 0) >> 7)));
  if (l[0] & 0x80) k1[15] ^= 0x87;
  const half = (counter) =>
    aesBlock(key, Buffer.from(bytes(0, counter, 0x58, 0, prefix).map((byte, i) => byte ^ k1[i])));
  return bytes(half(1), half(2));
}

export function gcm(key, nonce, plaintext, data) {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
  cipher.setAAD(data);
  return bytes(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
}

export function xaesGcm(key, nonce, plaintext, data) {
  return gcm(extendedNonceKey(key, nonce.subarray(0, 12)), nonce.subarray(12), plaintext, data);
}

export function encodeContext(context) {
  const names = Object.keys(context).sort((one, other) => Buffer.compare(utf8(one), utf8(other)));
  const entries = names.map((name) => {
    const value = valueOf(context[name]);
    return bytes(u16(utf8(name).length), utf8(name), u32(value.length), value);
  });
  return bytes(u16(names.length), ...entries);
}

// In the file a context's value is a text, or bytes as { hex }.
export const valueOf = (value) => (typeof value === 'string' ? utf8(value) : hex(value.hex));

export const SUITES = { 'aes-256-gcm': { number: 1, nonce: 12 }, 'xaes-256-gcm': { number: 2, nonce: 24 } };

export function headerOf(suite, reference) {
  return bytes(0x00, 0xc7, 0x10 | SUITES[suite].number, reference);
}

export function seal(dek, suite, header, nonce, plaintext, context) {
  const data = bytes(utf8('sqlcrypter/1'), u32(header.length), header, encodeContext(context));
  const body =
    suite === 'aes-256-gcm'
      ? gcm(hkdf(dek, 'suite-G'), nonce, plaintext, data)
      : xaesGcm(hkdf(dek, 'suite-X'), nonce, plaintext, data);
  return bytes(header, nonce, body);
}
