import { createAwsKmsCrypterer, type KeyLease } from '@sqlcrypter/awskms';
import type { KeyService } from '@sqlcrypter/awskms/envelope';

async function main(): Promise<void> {
  const writer = await createAwsKmsCrypterer({ keyId: 'alias/sqlcrypter' });
  const stored: Buffer = await writer.encrypt(new TextEncoder().encode('999-00-1234'));
  await writer.close();

  const reader = await createAwsKmsCrypterer({ keyId: 'alias/sqlcrypter' });
  const lease: KeyLease = await reader.loadKeys([stored]);
  console.log(reader.decryptSync(stored).toString('utf8'));
  lease.dispose();
  await reader.close();
}

/** A KMS of one's own is written against this type. */
export type OwnKeyService = KeyService;

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
