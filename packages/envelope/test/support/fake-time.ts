import { vi } from 'vitest';
import { whenTestEnds } from './when-test-ends.js';

/** Until the test ends the clocks stand still, and timers wait for `vi.advanceTimersByTime…`. */
export function fakeTime(): void {
  vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  whenTestEnds(() => vi.useRealTimers());
}

/** As {@link fakeTime}, with timers left real: for the sockets and retries of a real client. */
export function fakeClocks(): void {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  whenTestEnds(() => vi.useRealTimers());
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
