import { type AesCrypterer, createAesCrypterer, decrypt, generateKey, init } from '@sqlcrypter/aes';

async function main(): Promise<void> {
  const crypterer: AesCrypterer = createAesCrypterer({ key: generateKey() });
  init(crypterer);
  // The methods of Buffer are there although nothing here asks for Node's types.
  const stored: Buffer = crypterer.encryptSync(new TextEncoder().encode('999-00-1234'));
  if (stored.readUInt16BE(0) !== 0x00c7) throw new Error(`not a frame: ${stored.toString('hex')}`);
  console.log((await decrypt(stored)).toString('utf8'));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
