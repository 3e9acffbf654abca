import { Writable } from 'node:stream';

import { describe, expect, test } from 'vitest';

import { LogOutput } from './log-output.ts';

const LIMIT = 100;
const LINE = `${'x'.repeat(39)}\n`;

/** Takes one write after another, each when it is told to. */
class SlowReader extends Writable {
  readonly lines: string[] = [];
  #next: (() => void) | undefined;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.lines.push(chunk.toString());
    this.#next = done;
  }

  readAll(): void {
    for (let next = this.#next; next !== undefined; next = this.#next) {
      this.#next = undefined;
      next();
    }
  }
}

describe('a log whose reader is slow', () => {
  test('keeps lines up to its limit, drops and counts the others, and tells of them', () => {
    const reader = new SlowReader();
    const output = new LogOutput(reader, LIMIT);
    output.onGap((dropped) => {
      output.write(`${String(dropped)} dropped\n`);
    });

    for (let i = 0; i < 5; i += 1) output.write(LINE);
    expect(output.dropped).toBe(3);
    reader.readAll();
    output.write('late\n');
    reader.readAll();

    expect(reader.lines).toEqual([LINE, LINE, '3 dropped\n', 'late\n']);
    expect(output.dropped).toBe(3);
  });

  test('keeps 4 MiB unless it is told otherwise', () => {
    const output = new LogOutput(new SlowReader());
    const line = 'x'.repeat(1024);
    for (let i = 0; i < 4 * 1024; i += 1) output.write(line);
    expect(output.dropped).toBe(0);
    output.write(line);
    expect(output.dropped).toBe(1);
  });

  test('is flushed when the reader has taken all', async () => {
    const reader = new SlowReader();
    const output = new LogOutput(reader, LIMIT);
    output.write(LINE);
    output.write(LINE);

    const flushed = output.flush(60_000);
    reader.readAll();
    await flushed;

    expect(reader.writableLength).toBe(0);
  });

  test('is given up when the time is over', async () => {
    const reader = new SlowReader();
    const output = new LogOutput(reader, LIMIT);
    output.write(LINE);

    await output.flush(1);

    expect(reader.writableLength).toBeGreaterThan(0);
  });
});

test('a log whose reader is gone drops every line and fails nobody', async () => {
  const reader = new SlowReader();
  const output = new LogOutput(reader, LIMIT);
  output.write(LINE);
  const closed = new Promise((resolve) => reader.once('close', resolve));
  reader.destroy(new Error('write EPIPE'));
  await closed;

  output.write(LINE);
  await output.flush(60_000);

  expect(output.dropped).toBe(1);
});
