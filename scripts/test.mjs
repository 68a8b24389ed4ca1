import './require-node.mjs';
import { TestSession } from './test-session.mjs';
import { pnpm, turbo } from './workspace.mjs';

// `npm test -- --filter=@sqlcrypter/core` builds and tests what turbo's filter selects, and nothing else.
const filter = process.argv.slice(2);
const everything = filter.length === 0;

const session = new TestSession();
if (await session.install()) {
  if (everything) {
    await session.take('Linting', () => pnpm(['exec', 'biome', 'check', '.']));
    await session.take('Looking for unused code', () => pnpm(['exec', 'knip']));
  }
  await session.build(filter);
  const quiet = ['--output-logs=errors-only', '--continue=always'];
  await session.take('Checking types', () => turbo(['typecheck', ...quiet, ...filter]));
  await session.test('test', filter, { scripts: everything });
}
session.end();
