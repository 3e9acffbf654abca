/** What a child says once it serves. */
const READY = 'ready';

export function isReadyNote(message: unknown): boolean {
  return message === READY;
}

/** Tells the process that started this one that it serves; does nothing where none did. */
export function tellReady(): void {
  process.send?.(READY);
}

/** Without the process that started it nobody would end this one: it ends itself as a SIGTERM would. */
export function endWithParent(): void {
  if (process.send === undefined) return;
  process.once('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
  });
}
