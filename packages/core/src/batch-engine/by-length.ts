/**
 * The positions of items of these lengths by the 16-byte blocks that each has beyond `overhead` bytes, the shortest first and equal ones
 * in order; undefined if they are so already. Sixteen values that are worked on side by side take as long as the longest.
 */
export function positionsByLength(lengths: Uint32Array, overhead: number): Uint32Array | undefined {
  const count = lengths.length;
  let isSorted = true;
  let previous = 0;
  let most = 0;
  for (let i = 0; i < count; i++) {
    const blocks = blocksOf(lengths, i, overhead);
    if (blocks < previous) isSorted = false;
    if (blocks > most) most = blocks;
    previous = blocks;
  }
  if (isSorted) return undefined;

  const positions = new Uint32Array(count);
  // Where the next item with so many blocks goes: behind all items that have fewer.
  const next = new Uint32Array(most + 2);
  const add = (blocks: number, amount: number): number => {
    const sum = (next[blocks] as number) + amount;
    next[blocks] = sum;
    return sum;
  };
  for (let i = 0; i < count; i++) add(blocksOf(lengths, i, overhead) + 1, 1);
  for (let blocks = 1; blocks <= most; blocks++) add(blocks, next[blocks - 1] as number);
  for (let i = 0; i < count; i++) positions[add(blocksOf(lengths, i, overhead), 1) - 1] = i;
  return positions;
}

function blocksOf(lengths: Uint32Array, i: number, overhead: number): number {
  return (Math.max((lengths[i] as number) - overhead, 0) + 15) >>> 4;
}
