// Imported first by every root script. Keep to what very old versions of Node can read.
import { readFileSync } from 'node:fs';

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const required = engines.node.replace('>=', '');

function isOlder(version, minimum) {
  const [major, minor] = version.split('.').map(Number);
  const [minimumMajor, minimumMinor] = minimum.split('.').map(Number);
  return major < minimumMajor || (major === minimumMajor && minor < minimumMinor);
}

if (isOlder(process.versions.node, required)) {
  console.error(`This project needs Node ${required} or later, and this is Node ${process.versions.node}.`);
  console.error('Install a current version from https://nodejs.org and run the command again.');
  process.exit(1);
}
