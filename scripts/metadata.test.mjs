import { describe, expect, it } from 'vitest';
import { publishedFolders, readManifest, repository, withMetadata } from './metadata.mjs';

describe('the manifest of a published package', () => {
  it.each(publishedFolders())('of %s says where it comes from, as node scripts/metadata.mjs writes it', (folder) => {
    expect(readManifest(folder)).toEqual(withMetadata(folder));
    expect(readManifest(folder).repository).toEqual({ ...repository, directory: folder });
  });
});
