import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '@sqlcrypter/test-support';
import { describe, expect, it } from 'vitest';

const folder = join(root, 'docs/decisions');
const index = readFileSync(join(folder, 'README.md'), 'utf8');
const records = readdirSync(folder).filter((file) => file !== 'README.md');

describe('the index of decisions', () => {
  it.each(records)('lists %s with its number, title, status and date', (file) => {
    const [, title, status, date] = /^# (.+)\n\n(\w+)[^,\n]*, (\d{4}-\d\d-\d\d)\n/.exec(
      readFileSync(join(folder, file), 'utf8'),
    ) as unknown as string[];
    const row = index.split('\n').find((line) => line.startsWith(`| [${file.slice(0, 4)}](${file}) `));
    expect(row?.split('|').map((cell) => cell.trim())).toEqual([
      '',
      `[${file.slice(0, 4)}](${file})`,
      title,
      status?.toLowerCase(),
      date,
      '',
    ]);
  });

  it('numbers the records without a gap', () => {
    expect(records.map((file) => Number(file.slice(0, 4)))).toEqual(records.map((_, i) => i + 1));
  });
});
