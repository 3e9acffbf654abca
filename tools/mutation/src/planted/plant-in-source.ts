import type { Fault } from './fault.ts';

/** The file with the fault in it; undefined where what it changes does not stand there, or more than once. */
export function plantInSource(source: string, { from, to }: Pick<Fault, 'from' | 'to'>): string | undefined {
  const [before, after, ...more] = source.split(from);
  return before === undefined || after === undefined || more.length > 0 ? undefined : before + to + after;
}
