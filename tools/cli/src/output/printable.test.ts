import { describe, expect, it } from 'vitest';

import { describePayload, printable, toJson } from './printable.ts';

const CLEAR = '\u001b[2J';
const C1_CLEAR = '\u009b2J';
const OVERRIDE = '\u202e';

describe('printable', () => {
  it('takes out what a terminal would obey or show in another order, and leaves every script', () => {
    expect(printable(`a${CLEAR}b${C1_CLEAR}c${OVERRIDE}d`)).toBe('a\ufffd[2Jb\ufffd2Jc\ufffdd');
    expect(printable('комната 漢字 🙂 שלום')).toBe('комната 漢字 🙂 שלום');
  });
});

describe('toJson', () => {
  it('is one line that reads back the same, and holds nothing that a terminal would obey', () => {
    const value = { text: `a${CLEAR}${C1_CLEAR}${OVERRIDE}\n\u007f` };
    expect(toJson(value)).toMatch(/^[^\p{Cc}\u202e]+$/u);
    expect(JSON.parse(toJson(value))).toEqual(value);
  });

  it('has bytes as base64, wherever they stand', () => {
    expect(toJson({ data: Buffer.from('abc') })).toBe('{"data":"YWJj"}');
    expect(toJson([new Uint8Array([255])])).toBe('["/w=="]');
  });
});

describe('describePayload', () => {
  it('is text as it is, or of a chat message, else JSON', () => {
    expect(describePayload('hello')).toBe('hello');
    expect(describePayload({ text: 'hello' })).toBe('hello');
    expect(describePayload({ price: 1 })).toBe('{"price":1}');
    expect(describePayload(null)).toBe('null');
    expect(describePayload(new Uint8Array([255]))).toBe('"/w=="');
  });
});
