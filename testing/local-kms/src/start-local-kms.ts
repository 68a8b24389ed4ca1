import { REGION } from './arn.js';
import { CallLog } from './call-log.js';
import { Faults } from './faults.js';
import { createKmsServer } from './http-server.js';
import { keyMethods } from './key-methods.js';
import { KeyStore } from './key-store.js';
import { closer, endpointOf, listen } from './listen.js';
import type { LocalKms, LocalKmsOptions } from './local-kms.js';
import { LocalKmsError } from './local-kms-error.js';
import type { OperationScope } from './operations/operation.js';
import { plantSeed } from './plant-seed.js';

/**
 * Starts a KMS on the loopback interface. For tests only: it checks no signature, and its keys live in memory.
 *
 * @throws LocalKmsError CONFIG, SEED or LISTEN
 */
export async function startLocalKms(options: LocalKmsOptions = {}): Promise<LocalKms> {
  const { port = 0, host = '127.0.0.1', region = 'eu-west-2', accountId = '111122223333' } = options;
  checkOptions(port, region, accountId);
  const store = new KeyStore(accountId);
  await plantSeed(store, region, options.seed);

  const authenticateArn = options.authenticateArn ?? false;
  const scope = (signedRegion = region): OperationScope => ({ store, region: signedRegion, authenticateArn });
  const log = new CallLog();
  const faults = new Faults();
  const server = createKmsServer({ log, faults, scope });
  const listeningPort = await listen(server, port, host);
  const close = closer(server);

  return {
    endpoint: endpointOf(host, listeningPort),
    port: listeningPort,
    region,
    accountId,
    get calls() {
      return log.list();
    },
    countCalls: (operation) => log.count(operation),
    clearCalls: () => log.clear(),
    setFault: (operation, fault) => faults.set(operation, fault),
    clearFaults: (operation) => faults.clear(operation),
    ...keyMethods(scope),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function checkOptions(port: number, region: string, accountId: string): void {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new LocalKmsError('CONFIG', `port is ${port}. Expected a whole number from 0 (any free port) to 65535.`);
  }
  if (!REGION.test(region)) {
    throw new LocalKmsError('CONFIG', `region is '${region}'. Expected the name of a Region, such as eu-west-2.`);
  }
  if (!/^\d{12}$/.test(accountId)) {
    throw new LocalKmsError('CONFIG', `accountId is '${accountId}'. Expected twelve digits.`);
  }
}
