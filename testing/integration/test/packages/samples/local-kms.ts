import { type LocalKms, startLocalKms } from '@sqlcrypter/local-kms';

async function main(): Promise<void> {
  const kms: LocalKms = await startLocalKms();
  const blob: Buffer = kms.wrap('alias/sqlcrypter', new Uint8Array(32));
  console.log(`${kms.countCalls()} calls, a blob of ${blob.length} bytes`);
  await kms.close();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
