import { PassThrough, Readable } from 'node:stream';

import type { Client, Position, RoomEvent } from '@outcry/client';
import { describe, expect, it, vi } from 'vitest';

import type { Context } from '../context.ts';
import { createOutput } from '../output/output.ts';
import { join } from './join.ts';

const EPOCH = 'e1';

function message(seq: number): RoomEvent {
  return { type: 'message', room: 'pit', from: 'ann', at: 0, data: { text: 'hello' }, seq, epoch: EPOCH };
}

/** A command in a room that acknowledges before it tells: what it has said, and how to tell it something. */
function startJoin(lines: readonly string[]): {
  readonly done: Promise<void>;
  readonly published: readonly unknown[];
  readonly tell: (event: RoomEvent) => void;
  readonly interrupt: () => void;
} {
  const published: unknown[] = [];
  let tell: (event: RoomEvent) => void = () => undefined;
  const interruption = new AbortController();
  const room = {
    joined: Promise.resolve({ epoch: EPOCH, seq: 0 }),
    publish: (data: unknown): Promise<Position> => {
      published.push(data);
      return Promise.resolve({ epoch: EPOCH, seq: published.length });
    },
  };
  const client = {
    join: (_: string, { onEvent }: { readonly onEvent: typeof tell }) => {
      tell = onEvent;
      return room;
    },
  };
  const context: Context = {
    client: client as unknown as Client,
    output: createOutput(false, { out: new PassThrough(), notes: new PassThrough(), isDumb: false }),
    signal: interruption.signal,
    input: Readable.from(lines.map((line) => `${line}\n`)),
  };
  const done = join(context, { name: 'pit', input: 'text' });
  return {
    done,
    published,
    tell: (event) => {
      tell(event);
    },
    interrupt: () => {
      interruption.abort();
    },
  };
}

describe('join', () => {
  it.each<readonly [string, (started: ReturnType<typeof startJoin>) => void]>([
    [
      'it was shown what it said last',
      ({ tell }) => {
        tell(message(2));
      },
    ],
    [
      'it was told that this message is missing',
      ({ tell }) => {
        tell({ type: 'gap', reason: 'reset', position: { epoch: EPOCH, seq: 2 }, missed: 1 });
      },
    ],
    [
      'it is interrupted',
      ({ interrupt }) => {
        interrupt();
      },
    ],
  ])('ends with its input, but not before %s', async (_, happen) => {
    const started = startJoin(['one', 'two']);
    let isDone = false;
    void started.done.then(() => {
      isDone = true;
    });
    await vi.waitFor(() => {
      expect(started.published).toEqual([{ text: 'one' }, { text: 'two' }]);
    });
    started.tell(message(1));
    // Long enough for everything that is due already.
    await new Promise(setImmediate);
    expect(isDone).toBe(false);
    happen(started);
    await started.done;
  });

  it('ends with its input at once where it said nothing', async () => {
    const { done, published } = startJoin(['']);
    await done;
    expect(published).toEqual([]);
  });
});
