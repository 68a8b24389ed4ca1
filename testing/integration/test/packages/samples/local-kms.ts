import { type LocalKms, startLocalKms } from '@sqlcrypter/local-kms';

async function main(): Promise<void> {
  const kms: LocalKms = await startLocalKms();
  const blob: Buffer = kms.wrap('alias/sqlcrypter', new Uint8Array(32));
  if (blob.readUInt8(0) === undefined) throw new Error('not a Buffer');
  console.log(`${kms.countCalls()} calls`);
  await kms.close();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
