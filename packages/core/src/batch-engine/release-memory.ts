import type { MessagePort } from 'node:worker_threads';

/** What is shorter, memory allocators keep for each thread anyway. */
const LEAST_LENGTH = 0x400;
/** Node 20 loads its ports when they are first used, which takes milliseconds: too much for a process's first batches. */
const CALLS_WITHOUT_PORT = 64;

let calls = 0;
let portToNowhere: MessagePort | undefined;

/**
 * Gives the memory of bytes that nobody needs any more back at once, where it is theirs alone. Left to the garbage
 * collector, another thread frees it, and keeps the memory allocator to itself while results are being made: with two
 * processors that can take half of a batch's time.
 */
export function releaseMemory(bytes: Uint8Array<ArrayBuffer>): void {
  const buffer: ArrayBuffer & { transfer?(newLength: number): ArrayBuffer } = bytes.buffer;
  if (bytes.length < LEAST_LENGTH || bytes.length !== buffer.byteLength) return;
  if (buffer.transfer !== undefined) {
    buffer.transfer(0);
    return;
  }
  calls += 1;
  if (calls <= CALLS_WITHOUT_PORT || typeof MessageChannel === 'undefined') return;
  // What is transferred to a port without an opposite is gone.
  portToNowhere ??= makePortToNowhere();
  portToNowhere.postMessage(undefined, [buffer]);
}

function makePortToNowhere(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return port1;
}
