import { once } from 'node:events';
import { KMSClient } from '@aws-sdk/client-kms';
import { createAwsKmsCrypterer } from '@sqlcrypter/awskms';
import { createKeyTable } from '@sqlcrypter/key-table';
import pg from 'pg';

// One of several processes that start at the same moment: ready, told to go, and then it says what it wrote.
const { DATABASE_URL, KMS_ENDPOINT = '', KMS_KEY_ID = '', KMS_REGION = '' } = process.env;
const pool = new pg.Pool({ connectionString: DATABASE_URL });
await pool.query('SELECT 1');
const client = new KMSClient({
  endpoint: KMS_ENDPOINT,
  region: KMS_REGION,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});
process.send?.('ready');
await once(process, 'message');
const store = createKeyTable({ pg: pool });
const crypterer = await createAwsKmsCrypterer({ client, keyId: KMS_KEY_ID, store, requestTimeout: 20_000 });
const text = Buffer.from('999-00-1234');
const values = [crypterer.encryptSync(text), await crypterer.encrypt(text, { scope: 'tenant-1' })];
process.send?.(values.map((value) => value.toString('base64')));
await crypterer.close();
client.destroy();
await pool.end();
process.disconnect();
