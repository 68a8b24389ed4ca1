import { startPostgres } from '@sqlcrypter/test-databases';
import { afterAll } from 'vitest';
import { describeDriver } from './describe-driver.js';
import { pgDriver } from './drivers/pg.js';
import { postgresJsDriver } from './drivers/postgres-js.js';

const server = await startPostgres();
afterAll(() => server.stop());

describeDriver(pgDriver(server));
describeDriver(postgresJsDriver(server));
