import './require-node.mjs';
import { isRepositorySet } from './metadata.mjs';
import { step } from './step.mjs';
import { build, install, pnpm } from './workspace.mjs';

// Publishes every package whose version npm does not have yet, as the release workflow does.
if (!isRepositorySet) {
  console.error(
    'The repository has no address yet, and npm names it in the provenance of every package. ' +
      'Set repository.url in package.json, then run node scripts/metadata.mjs.',
  );
  process.exitCode = 1;
} else if ((await step('Installing', install)).passed && (await step('Building', build)).passed) {
  const { exitCode } = await pnpm(['exec', 'changeset', 'publish'], { output: 'show' });
  process.exitCode = exitCode;
} else {
  process.exitCode = 1;
}
