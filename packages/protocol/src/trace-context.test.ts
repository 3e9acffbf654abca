import { describe, expect, it } from 'vitest';

import { formatTraceparent, parseTraceparent } from './trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('a traceparent', () => {
  it.each([
    ['sampled', `00-${TRACE}-${SPAN}-01`, true],
    ['not sampled', `00-${TRACE}-${SPAN}-00`, false],
    ['with flags that nobody knows yet', `00-${TRACE}-${SPAN}-03`, true],
    ['of a later version', `01-${TRACE}-${SPAN}-01`, true],
    ['of a later version that says more', `cc-${TRACE}-${SPAN}-01-what-the-future-brings`, true],
  ])('is read: %s', (_, text, isSampled) => {
    expect(parseTraceparent(text)).toEqual({ traceId: TRACE, spanId: SPAN, isSampled });
  });

  it.each([
    ['nothing', ''],
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['more behind version 00', `00-${TRACE}-${SPAN}-01-more`],
    ['more that no dash sets off', `01-${TRACE}-${SPAN}-01.more`],
    ['capital letters', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['a trace that is too short', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['no flags', `00-${TRACE}-${SPAN}`],
    ['blanks around it', ` 00-${TRACE}-${SPAN}-01`],
    ['a line behind it', `00-${TRACE}-${SPAN}-01\n`],
    ['letters in place of digits', `00-${TRACE}-${SPAN}-0g`],
  ])('is none: %s', (_, text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });

  it('is written as version 00', () => {
    expect(formatTraceparent({ traceId: TRACE, spanId: SPAN, isSampled: true })).toBe(`00-${TRACE}-${SPAN}-01`);
    expect(formatTraceparent({ traceId: TRACE, spanId: SPAN, isSampled: false })).toBe(`00-${TRACE}-${SPAN}-00`);
  });
});
