import { startLocalKms } from '@sqlcrypter/local-kms';

/** A local KMS in a process of its own, as a real one is: what it computes must not slow down what is measured. */
const kms = await startLocalKms();

process.on('message', (message: { readonly latency?: number }) => {
  if (message.latency !== undefined) kms.setFault('Decrypt', { latency: message.latency });
  process.send?.({ decrypts: kms.countCalls('Decrypt') });
  kms.clearCalls();
});
process.on('disconnect', () => process.exit(0));
process.send?.({ endpoint: kms.endpoint, keyArn: kms.arnOf('alias/sqlcrypter') });
