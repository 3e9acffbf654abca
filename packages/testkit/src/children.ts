import { constants } from 'node:os';

/** How to end what this process has started, which would hold ports and processors for ever if it outlived it. */
const running = new Set<() => void>();

process.once('exit', () => {
  for (const end of running) end();
});
// By itself Node ends on it without `exit`, and Ctrl-C alone reaches the children, too. Who takes the signal otherwise decides: asked for
// before any of these, of which those that take it once are gone afterwards.
process.prependOnceListener('SIGTERM', () => {
  if (process.listenerCount('SIGTERM') === 0) process.exit(128 + constants.signals.SIGTERM);
});

/** Calls `end` when this process ends, unless what it returns is called before. */
export function endWithThisProcess(end: () => void): () => void {
  running.add(end);
  return () => {
    running.delete(end);
  };
}
