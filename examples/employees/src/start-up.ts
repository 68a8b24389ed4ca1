import { type AesCryptererOptions, createAesCrypterer, init } from '@sqlcrypter/aes';
import { type AwsKmsCryptererOptions, createAwsKmsCrypterer } from '@sqlcrypter/awskms';

// What an application does once, when it starts: it says where its keys are. Columns find the crypterer by themselves,
// so nothing else in the application knows about keys.

/** The application holds the key itself, e.g. `parseKey(process.env.SSN_KEY)`. */
export function startWithLocalKey(options: AesCryptererOptions): void {
  init(createAesCrypterer(options));
}

/** The key never leaves AWS KMS. */
export async function startWithKms(options: AwsKmsCryptererOptions): Promise<void> {
  init(await createAwsKmsCrypterer(options));
}
