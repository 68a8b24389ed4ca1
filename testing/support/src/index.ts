export { type Consumer, installInto } from './consumer.js';
export { kmsEnvironment } from './kms-environment.js';
export { type Finished, type RunOptions, run, runNode } from './run.js';
export { packAll, type Tarballs } from './tarballs.js';
export { commandOf, type Manifest, type PublishedPackage, publishedPackages, readManifest, root } from './workspace.js';
