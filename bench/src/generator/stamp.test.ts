import { describe, expect, it } from 'vitest';

import { findStamp, readStamp, stampedText, writeStamp } from './stamp.ts';

describe('stamp', () => {
  it('is read from wherever it stands in a frame', () => {
    const frame = Buffer.from(`{"data":"${stampedText(150)}"}`);
    writeStamp(frame, findStamp(frame), 1_234_567);
    expect(readStamp(frame)).toBe(1_234_567);
    expect(frame).toHaveLength('{"data":""}'.length + 150);
  });

  it('is not read where a part of it is missing', () => {
    const frame = Buffer.from(stampedText(150));
    expect(readStamp(frame.subarray(0, 17))).toBeUndefined();
    expect(readStamp(frame.subarray(1))).toBeUndefined();
  });
});
