import { OutcryError } from '@outcry/broker';
import { ScaledNumberError } from '@outcry/order-book';

import type { RecordedLine } from './recorded-lines.ts';

/** Runs a step of reading a line; a fault of the feed then names the line where it is. */
export function withLine<T>(line: Pick<RecordedLine, 'number'>, step: () => T): T {
  try {
    return step();
  } catch (err) {
    if (!(err instanceof OutcryError || err instanceof ScaledNumberError)) throw err;
    throw new OutcryError('badFeed', `line ${String(line.number)}: ${err.message}`, { cause: err });
  }
}
