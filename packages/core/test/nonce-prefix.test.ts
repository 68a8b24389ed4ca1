import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type * as Provider from '../src/provider.js';

const FIGURE = 'PREFIX_MAX_VALUES = 2 ** 24;';

const directory = mkdtempSync(join(tmpdir(), 'sqlcrypter-core-'));
let provider: typeof Provider;

/** The built ES modules with one figure changed: a nonce prefix lasts 3 values, not 16,777,216. */
beforeAll(async () => {
  const dist = fileURLToPath(new URL('../dist', import.meta.url));
  const names = readdirSync(dist, { recursive: true, encoding: 'utf8' });
  let changes = 0;
  for (const name of names.filter((each) => each.endsWith('.js') && !each.startsWith('cjs'))) {
    const source = readFileSync(join(dist, name), 'utf8').replace(/\/\/# sourceMappingURL=.*/, '');
    if (source.includes(FIGURE)) changes += 1;
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), source.replace(FIGURE, 'PREFIX_MAX_VALUES = 3;'));
  }
  expect(changes, `one place says ${FIGURE}`).toBe(1);
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  provider = await import(/* @vite-ignore */ pathToFileURL(join(directory, 'provider.js')).href);
});

afterAll(() => rmSync(directory, { recursive: true }));

it('draws a new nonce prefix when one has served its number of values, and opens the values of all', () => {
  const { DataKey, encodeContext, encodeFrameHeader, parseFrame } = provider;
  const key = new DataKey(Buffer.alloc(32, 1));
  const header = encodeFrameHeader('xaes-256-gcm', { kind: 1, id: 1 });
  const context = encodeContext(undefined);
  const frames = Array.from({ length: 10 }, (_, i) => key.seal(Buffer.from(`value ${i}`), header, context));
  const prefixes = frames.map((frame) => frame.toString('hex', 8, 20));
  expect(prefixes.map((prefix) => prefixes.indexOf(prefix))).toEqual([0, 0, 0, 3, 3, 3, 6, 6, 6, 9]);
  for (const reader of [key, new DataKey(Buffer.alloc(32, 1))]) {
    for (const [i, frame] of frames.entries()) {
      expect(reader.open(frame, parseFrame(frame), context).toString()).toBe(`value ${i}`);
    }
  }
});
