export { bookChecksum } from './book-checksum.ts';
export { diffLevels } from './diff-levels.ts';
export { type Level, Side } from './level.ts';
export { OrderBook } from './order-book.ts';
export { decimalsOf, parseScaled, scaleOf } from './parse-scaled.ts';
export { ScaledNumberError, type ScaledNumberErrorCode } from './scaled-number-error.ts';
