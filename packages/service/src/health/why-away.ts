import type { Backplane } from '@outcry/broker';

/** The reason why there is no broker, with what a start that waits for it has met last: for operators, not for clients. */
export function whyAway<R extends string | undefined>(reason: R, { awaits }: Pick<Backplane, 'awaits'>): R | string {
  return reason === undefined || awaits === undefined ? reason : `${reason}, the start waits: ${awaits}`;
}
