/**
 * Aborts when somebody ends the process, by Ctrl-C for instance, so that it can close what it opened. The second time
 * the process ends at once.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => controller.abort());
  return controller.signal;
}
