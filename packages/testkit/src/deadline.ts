/** How long a test waits for something that should come at once: long for a busy machine, short for a person. */
export const DEFAULT_DEADLINE_MS = 20_000;

/** Something did not happen in time. The message says what, and what had happened instead. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

export interface Deadline {
  /** `Infinity` waits for ever. */
  readonly deadlineMs: number;
  /** What was waited for and what came instead; asked only when the deadline has passed. */
  readonly describe: () => string;
}

/** Settles as `promise` does, or rejects with a `DeadlineError` once the deadline has passed. */
export async function withDeadline<T>(promise: Promise<T>, { deadlineMs, describe }: Deadline): Promise<T> {
  if (deadlineMs === Infinity) return promise;
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new DeadlineError(`after ${String(deadlineMs)} ms: ${describe()}`));
    }, deadlineMs);
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}
