import { packAll } from '@sqlcrypter/test-support';
import { afterAll, describe } from 'vitest';
import { installedAlone } from './installed-alone.js';
import { installedTogether } from './installed-together.js';
import { tarballContents } from './tarball-contents.js';

const tarballs = await packAll();
afterAll(() => tarballs[Symbol.asyncDispose]());

tarballContents(tarballs);
installedAlone(tarballs);
describe('every package in one project', () => installedTogether(tarballs));
