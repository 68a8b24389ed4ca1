import { encrypt, init, type SqlcrypterError, shutdown } from '@sqlcrypter/core';
import { DataKey, defineCrypterer, encodeFrameHeader, parseFrame } from '@sqlcrypter/core/provider';

async function main(): Promise<void> {
  const key = new DataKey(new Uint8Array(32).fill(7));
  const crypterer = defineCrypterer({
    scheme: 'sample',
    encryptSync: (plaintext, { context }) =>
      key.seal(plaintext, encodeFrameHeader('xaes-256-gcm', { kind: 1, id: key.defaultId }), context),
    decryptSync: (ciphertext, { context }) => key.open(ciphertext, parseFrame(ciphertext), context),
  });
  init(crypterer);
  const stored: Buffer = await encrypt(new TextEncoder().encode('999-00-1234'), { context: { column: 'ssn' } });
  const refused = await crypterer.decrypt(stored).catch((error: SqlcrypterError) => error.code);
  if (refused !== 'AUTH_FAILED') throw new Error(`decrypted without its context: ${refused}`);
  console.log((await crypterer.decrypt(stored, { context: { column: 'ssn' } })).toString('utf8'));
  await shutdown();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
