import type { LeaseNote } from './lease.ts';

/** Behind the fence of whoever says it: what an earlier holder has said is of no use. */
export function encodeNote({ by, since, figures }: LeaseNote): string {
  return JSON.stringify({ by, since, ...(figures === undefined ? {} : { figures }) });
}

/** Undefined where it is another holder's, or of another version. */
export function decodeNote(text: string, fence: string): LeaseNote | undefined {
  if (!text.startsWith(`${fence} `)) return undefined;
  try {
    const { by, since, figures } = JSON.parse(text.slice(fence.length + 1)) as Partial<Record<string, unknown>>;
    if (typeof by !== 'string' || typeof since !== 'number') return undefined;
    return { by, since, ...(isFigures(figures) ? { figures } : {}) };
  } catch {
    return undefined;
  }
}

function isFigures(value: unknown): value is Readonly<Record<string, number>> {
  return (
    typeof value === 'object' && value !== null && Object.values(value).every((figure) => typeof figure === 'number')
  );
}
