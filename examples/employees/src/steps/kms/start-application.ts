import { callsOf, type KmsStage } from '../../kms-stage.js';
import type { Narrator } from '../../narrator.js';

export async function startApplication(narrator: Narrator, { kms, restart }: KmsStage): Promise<void> {
  narrator.section('Start the application');
  narrator.tell(
    'Now the key never leaves the KMS. The application gets a data key from it, to encrypt with, and stores that ' +
      'key, wrapped by the KMS, beside each value. Here it is a local KMS that answers the AWS SDK.',
  );
  narrator.show("init(await createAwsKmsCrypterer({ keyId: 'alias/sqlcrypter' }));");
  await restart();
  narrator.checkValue('Calls to the KMS', callsOf(kms), { GenerateDataKey: 1, Decrypt: 0 });
}
