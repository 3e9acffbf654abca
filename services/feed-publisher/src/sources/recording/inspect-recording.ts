import { OutcryError } from '@outcry/broker';

import { decodeDepthFrame } from '../binance/depth-frames.ts';
import { widenScales } from '../binance/to-book-event.ts';
import { readRecordedLines } from './recorded-lines.ts';
import { withLine } from './with-line.ts';

/** What has to be known of a recording before its first event can be told. */
export interface RecordingSummary {
  /** As the venue names it. */
  readonly symbol: string;
  /** The least decimal places that hold every price and size of the file. */
  readonly priceScale: number;
  readonly sizeScale: number;
}

interface Findings {
  isEmpty: boolean;
  symbol: string | undefined;
  hasSnapshot: boolean;
  priceScale: number;
  sizeScale: number;
}

/**
 * Reads a recording through, once: only the whole file tells how many decimals it needs.
 *
 * @throws OutcryError `badFeed` where the file is not a recording of one symbol with a depth snapshot
 */
export async function inspectRecording(path: string): Promise<RecordingSummary> {
  const found: Findings = { isEmpty: true, symbol: undefined, hasSnapshot: false, priceScale: 0, sizeScale: 0 };
  for await (const line of readRecordedLines(path)) {
    found.isEmpty = false;
    withLine(line, () => {
      const frame = decodeDepthFrame(line.json);
      if (frame === undefined) return;
      if (frame.type === 'snapshot') found.hasSnapshot = true;
      else found.symbol = onlySymbol(found.symbol, frame.symbol);
      Object.assign(found, widenScales(found, frame));
    });
  }
  if (found.isEmpty) throw new OutcryError('badFeed', 'it is empty');
  const { symbol, hasSnapshot, priceScale, sizeScale } = found;
  if (symbol === undefined) throw new OutcryError('badFeed', 'there are no depth events in it');
  if (!hasSnapshot) throw new OutcryError('badFeed', 'there is no depth snapshot in it');
  return { symbol, priceScale, sizeScale };
}

function onlySymbol(known: string | undefined, found: string): string {
  if (known === undefined || known === found) return found;
  throw new OutcryError(
    'badFeed',
    `it has depth events of ${known} and of ${found}: record each symbol to a file of its own`,
  );
}
