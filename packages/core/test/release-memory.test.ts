import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** As many calls as Node 20 leaves to the garbage collector. */
const CALLS_WITHOUT_PORT = 64;

/** A fresh copy, which has made no call yet. */
async function loadReleaseMemory(): Promise<(bytes: Uint8Array<ArrayBuffer>) => void> {
  vi.resetModules();
  const { releaseMemory } = await import('../src/batch-engine/release-memory.js');
  return releaseMemory;
}

/** Bytes as Node 20 has them, on every version. */
function withoutTransfer(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  Object.defineProperty(bytes.buffer, 'transfer', { value: undefined });
  return bytes;
}

/** Bytes as later versions have them, on every version. */
function withTransfer(length: number): { bytes: Uint8Array<ArrayBuffer>; transfer: ReturnType<typeof vi.fn> } {
  const bytes = new Uint8Array(length);
  const transfer = vi.fn(function (this: ArrayBuffer, _newLength: number) {
    return structuredClone(this, { transfer: [this] });
  });
  Object.defineProperty(bytes.buffer, 'transfer', { value: transfer });
  return { bytes, transfer };
}

afterEach(() => vi.unstubAllGlobals());

describe('memory that is given back', () => {
  let releaseMemory: (bytes: Uint8Array<ArrayBuffer>) => void;
  beforeEach(async () => {
    releaseMemory = await loadReleaseMemory();
  });

  it('goes at once where an ArrayBuffer can be transferred', () => {
    const { bytes, transfer } = withTransfer(1024);
    releaseMemory(bytes);
    expect(transfer.mock.calls).toEqual([[0]]);
    expect(transfer.mock.contexts).toEqual([bytes.buffer]);
    expect([bytes.length, bytes.buffer.byteLength]).toEqual([0, 0]);
  });

  it('goes by way of a port elsewhere, as soon as a process has made batches of some size', () => {
    const all = Array.from({ length: CALLS_WITHOUT_PORT + 2 }, () => withoutTransfer(1024));
    for (const bytes of all) releaseMemory(bytes);
    expect(all.map((bytes) => bytes.length)).toEqual([...new Array(CALLS_WITHOUT_PORT).fill(1024), 0, 0]);
  });

  it('stays what it is where it is short, and does not count', () => {
    const { bytes: short, transfer } = withTransfer(1023);
    releaseMemory(short);
    expect([transfer.mock.calls.length, short.length]).toEqual([0, 1023]);
    for (let i = 0; i <= CALLS_WITHOUT_PORT; i++) releaseMemory(withoutTransfer(1023));
    const long = withoutTransfer(1024);
    releaseMemory(long);
    expect(long.length).toBe(1024);
  });

  it('stays what it is where others see it, too', () => {
    const whole = Buffer.from(new ArrayBuffer(8192));
    const { buffer } = whole;
    for (const part of [whole.subarray(0, 4096), whole.subarray(4096), Buffer.from(whole.subarray(0, 2048))]) {
      const { length } = part;
      for (let i = 0; i <= CALLS_WITHOUT_PORT; i++) releaseMemory(part);
      expect(part.length).toBe(length);
    }
    expect(buffer.byteLength).toBe(8192);
  });

  it('is left to the garbage collector where there are no ports', () => {
    vi.stubGlobal('MessageChannel', undefined);
    const all = Array.from({ length: CALLS_WITHOUT_PORT + 2 }, () => withoutTransfer(1024));
    for (const bytes of all) releaseMemory(bytes);
    expect(all.every((bytes) => bytes.length === 1024)).toBe(true);
  });

  it('needs one port for all, which keeps no process alive', async () => {
    let made = 0;
    vi.stubGlobal(
      'MessageChannel',
      class extends MessageChannel {
        constructor() {
          super();
          made += 1;
        }
      },
    );
    const before = process.getActiveResourcesInfo().length;
    for (let i = 0; i < CALLS_WITHOUT_PORT; i++) releaseMemory(withoutTransfer(1024));
    expect(made).toBe(0);
    const later = Array.from({ length: 4 }, () => withoutTransfer(4096));
    for (const bytes of later) {
      releaseMemory(bytes);
      // Also when the port knows by now that its opposite is closed.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(later.map((bytes) => bytes.length)).toEqual([0, 0, 0, 0]);
    expect(made).toBe(1);
    expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before);
  });
});
