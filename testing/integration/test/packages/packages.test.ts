import { afterAll, describe } from 'vitest';
import { installedAlone } from './installed-alone.js';
import { installedTogether } from './installed-together.js';
import { tarballContents } from './tarball-contents.js';
import { packAll } from './tarballs.js';

const tarballs = await packAll();
afterAll(() => tarballs[Symbol.asyncDispose]());

tarballContents(tarballs);
installedAlone(tarballs);
describe('every package in one project', () => installedTogether(tarballs));
