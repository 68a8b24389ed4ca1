import './require-node.mjs';
import { TestSession } from './test-session.mjs';

// What takes too long for `npm test`: packages in frameworks, bundlers and other runtimes, installed and built anew.
// `npm run test:full -- --filter=@sqlcrypter/runtime-tests` runs what turbo's filter selects.
const filter = process.argv.slice(2);

const session = new TestSession();
if (await session.install()) {
  // All of it: the packages are packed.
  await session.build([]);
  await session.test('test:full', filter);
}
session.end();
