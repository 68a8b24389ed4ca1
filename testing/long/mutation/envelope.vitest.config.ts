import { fileURLToPath } from 'node:url';
import { packageTests } from '../../../vitest.shared.js';
import { forMutants } from './for-mutants.js';

const packages = fileURLToPath(new URL('../../../packages', import.meta.url));

/** About AWS, about whole processes, or long. */
const LEFT_OUT = ['aws-errors', 'contract', 'faults', 'fuzz', 'kms-keys', 'outage', 'process', 'sdk-import', 'secrecy'];

/** The envelope's tests, and those of the AWS provider, which hold the envelope to its promises over HTTP. */
export default forMutants(
  packageTests({
    include: ['{envelope,provider-awskms}/test/**/*.test.ts'],
    setupFiles: [`${packages}/envelope/test/support/no-unhandled-rejections.ts`],
    alias: { '@sqlcrypter/envelope': `${packages}/envelope/src/index.ts` },
  }),
  packages,
  LEFT_OUT,
);
