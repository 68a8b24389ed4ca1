import { KMSClient } from '@aws-sdk/client-kms';
import { shutdown } from '@sqlcrypter/awskms';
import { startLocalKms } from '@sqlcrypter/local-kms';
import type { TestServer } from '@sqlcrypter/test-databases';
import { withEmployeeDatabase } from './employee-database.js';
import type { KmsCalls } from './kms-stage.js';
import type { Narrator } from './narrator.js';
import { startWithKms } from './start-up.js';
import { createStaff } from './steps/kms/create-staff.js';
import { loseAccess } from './steps/kms/lose-access.js';
import { readAfterRestart } from './steps/kms/read-after-restart.js';
import { startApplication } from './steps/kms/start-application.js';
import { tamper } from './steps/kms/tamper.js';

/** PostgreSQL through pg, and a key in AWS KMS. Gives what it took to read all rows after a restart. */
export async function kmsTour(narrator: Narrator, server: TestServer): Promise<KmsCalls & { rows: number }> {
  narrator.part('PostgreSQL, with a key in AWS KMS');
  // The SDK would interrupt the tour with advice on the version of Node.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const kms = await startLocalKms();
  const client = new KMSClient({
    endpoint: kms.endpoint,
    region: kms.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const restart = async () => {
    await shutdown();
    await startWithKms({ client, keyId: 'alias/sqlcrypter' });
  };
  try {
    return await withEmployeeDatabase(server, async (employeeDatabase) => {
      const stage = { ...employeeDatabase, kms, restart };
      await startApplication(narrator, stage);
      const { ada, employees } = await createStaff(narrator, stage);
      const calls = await readAfterRestart(narrator, stage, employees);
      await tamper(narrator, stage, ada);
      await loseAccess(narrator, stage, employees.length);
      return { ...calls, rows: employees.length };
    });
  } finally {
    await shutdown();
    client.destroy();
    await kms.close();
  }
}
