import { afterAll, beforeAll, describe } from 'vitest';
import type { Database, Driver, Session } from './driver.js';
import { createEmployees, type Employees, employees } from './employees.js';
import { type AnyCrypterer, type KeyHolder, type Provider, providers } from './key-holder.js';
import { keysAndRestarts } from './operations/keys-and-restarts.js';
import { protection } from './operations/protection.js';
import { storing } from './operations/storing.js';
import { valueTypes } from './operations/value-types.js';

/** What the tests of one driver with one provider work on. Its fields are there once the first test runs. */
export interface Scene {
  driver: Driver;
  provider: Provider;
  database: Database;
  /** Connected to a database with an empty table `employees`. */
  session: Session;
  keys: KeyHolder;
  crypterer: AnyCrypterer;
  columns: Employees;
  /** Not yet used for a row. */
  newId(): number;
}

/** The table of operations, for one driver and each provider. */
export function describeDriver(driver: Driver): void {
  const { skipReason } = driver;
  const skip = skipReason === undefined ? {} : { skip: true, meta: { skipReason } };
  describe.each(providers)(`${driver.name} with $name`, skip, (provider) => {
    let lastId = 0;
    const scene = { driver, provider, newId: () => ++lastId } as Scene;

    beforeAll(async () => {
      scene.keys = await provider.hold();
      scene.crypterer = await scene.keys.start();
      scene.columns = employees(scene.crypterer);
      scene.database = await driver.createDatabase();
      scene.session = await scene.database.connect();
      await scene.session.run(createEmployees(scene.columns, driver.dialect));
    });
    afterAll(async () => {
      await scene.session?.close();
      await scene.database?.[Symbol.asyncDispose]();
      await scene.crypterer?.close();
      await scene.keys?.[Symbol.asyncDispose]();
    });

    storing(scene);
    valueTypes(scene);
    protection(scene);
    keysAndRestarts(scene);
  });
}
