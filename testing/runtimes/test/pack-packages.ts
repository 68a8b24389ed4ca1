import { packAll, publishedPackages } from '@sqlcrypter/test-support';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Paths of the tarballs of all published packages, by name. */
    tarballs: Readonly<Record<string, string>>;
  }
}

/** Packs once for all test files. */
export default async function packPackages({ provide }: TestProject): Promise<() => Promise<void>> {
  const tarballs = await packAll();
  provide('tarballs', Object.fromEntries(publishedPackages().map(({ name }) => [name, tarballs.of(name)])));
  return async () => tarballs[Symbol.asyncDispose]();
}
