import { startMariadb } from '@sqlcrypter/test-databases';
import { afterAll } from 'vitest';
import { describeDriver } from './describe-driver.js';
import { mariadbDriver } from './drivers/mariadb.js';
import { mysql2Driver } from './drivers/mysql2.js';

const server = await startMariadb();
afterAll(() => server?.stop());

describeDriver(mysql2Driver(server, 'query'));
describeDriver(mysql2Driver(server, 'execute'));
describeDriver(mariadbDriver(server));
