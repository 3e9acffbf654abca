import { PassThrough } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { createOutput, type Output } from './output.ts';

/** An output on streams that remember what was written to them. */
function openOutput({ isJson = false, isTTY = false, isDumb = false }): {
  readonly output: Output;
  readonly written: () => { readonly out: string; readonly notes: string };
} {
  const [out, notes] = [new PassThrough(), new PassThrough()];
  const streams = { out: Object.assign(out, { isTTY, rows: 10 }), notes, isDumb };
  const read = (stream: PassThrough): string => (stream.read() as Buffer | null)?.toString() ?? '';
  return { output: createOutput(isJson, streams), written: () => ({ out: read(out), notes: read(notes) }) };
}

describe('createOutput', () => {
  it('writes results for people, and the rest aside', () => {
    const { output, written } = openOutput({});
    output.write('a result', { a: 1 });
    output.tell('something happened', { b: 2 });
    output.note('a note');
    expect(written()).toEqual({ out: 'a result\n', notes: 'something happened\na note\n' });
  });

  it('writes a JSON value a line, of results and of what happens between them, and notes aside', () => {
    const { output, written } = openOutput({ isJson: true, isTTY: true });
    output.write('a result', { a: 1 });
    output.tell('something happened', { b: 2 });
    output.note('a note');
    expect(written()).toEqual({ out: '{"a":1}\n{"b":2}\n', notes: 'a note\n' });
  });

  it('has a screen on a terminal, and none in a pipe, with JSON, or on a terminal without a cursor', () => {
    expect(openOutput({ isTTY: true }).output.screen?.rows).toBe(10);
    for (const where of [{}, { isTTY: true, isJson: true }, { isTTY: true, isDumb: true }]) {
      expect(openOutput(where).output.screen).toBeUndefined();
    }
  });

  it('draws over what it drew', () => {
    const { output, written } = openOutput({ isTTY: true });
    output.screen?.draw(['one', 'two']);
    expect(written().out).toBe('\u001b[H\u001b[2Jone\u001b[K\ntwo\u001b[K\n\u001b[J');
    output.screen?.draw(['three']);
    expect(written().out).toBe('\u001b[Hthree\u001b[K\n\u001b[J');
  });
});
