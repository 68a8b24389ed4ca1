import { startLocalKms } from '@sqlcrypter/local-kms';
import type { KmsCounts, KmsOrder } from './kms-server.js';

/** A local KMS in a process of its own: neither its memory nor its time is to be measured. */
const KEY = 'alias/sqlcrypter';
const kms = await startLocalKms();

process.on('message', ({ fault, disabled = false }: KmsOrder) => {
  kms.clearFaults();
  if (fault !== undefined) kms.setFault('*', fault);
  if (disabled) kms.disableKey(KEY);
  else kms.enableKey(KEY);
  const counts: KmsCounts = { generates: kms.countCalls('GenerateDataKey'), unwraps: kms.countCalls('Decrypt') };
  kms.clearCalls();
  process.send?.(counts);
});
process.on('disconnect', () => process.exit(0));
// An interruption from the keyboard reaches this process, too; the load ends first, and takes this with it.
process.on('SIGINT', () => undefined);
process.send?.({ endpoint: kms.endpoint });
