import { afterEach } from 'vitest';

const endings: (() => unknown)[] = [];

/** Runs when the test ends, last come first served. */
export function whenTestEnds(work: () => unknown): void {
  endings.push(work);
}

afterEach(async () => {
  for (const work of endings.splice(0).reverse()) await work();
});
