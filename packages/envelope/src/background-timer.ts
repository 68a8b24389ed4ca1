/// <reference types="node" preserve="true" />

/** A timer that keeps no process alive. In jsdom a timer is a number, and there is no process to keep. */
export function startTimer(work: () => void, milliseconds: number): NodeJS.Timeout {
  const timer = setTimeout(work, milliseconds);
  (timer as Partial<NodeJS.Timeout>).unref?.();
  return timer;
}
