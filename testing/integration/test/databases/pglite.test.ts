import { describeDriver } from './describe-driver.js';
import { pgliteDriver } from './drivers/pglite.js';

describeDriver(pgliteDriver);
